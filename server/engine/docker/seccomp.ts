/**
 * The system calls that a sandbox may use: those that programs without privileges need, by purpose. Different from Docker's
 * default, there is no way to AF_VSOCK, which reaches the hypervisor of a virtual machine past every network rule, and none
 * to io_uring, whose calls no filter sees. Nor are there calls of 32-bit programs, which could open sockets unseen.
 */
const ALLOWED = {
  files: `access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fremovexattr
    fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr ioctl lchown lgetxattr link linkat
    listxattr llistxattr lremovexattr lseek lsetxattr lstat mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open
    openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv
    removexattr rename renameat renameat2 rmdir sendfile setxattr splice stat statfs statx symlink symlinkat sync
    sync_file_range syncfs tee truncate umask unlink unlinkat utime utimensat utimes vmsplice write writev`,
  waiting: `epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd
    eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents
    io_pgetevents io_setup io_submit pause poll ppoll pselect6 select signalfd signalfd4`,
  memory: `brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mprotect
    mremap msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages`,
  processes: `alarm arch_prctl capget capset execve execveat exit exit_group fork futex futex_requeue futex_wait futex_waitv
    futex_wake get_robust_list get_thread_area getcpu getegid geteuid getgid getgroups getitimer getpgid getpgrp getpid
    getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid getuid ioprio_get ioprio_set kill
    landlock_add_rule landlock_create_ruleset landlock_restrict_self modify_ldt pidfd_open pidfd_send_signal prctl prlimit64
    process_vm_readv process_vm_writev ptrace restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
    rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min
    sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr
    sched_setparam sched_setscheduler sched_yield seccomp set_robust_list set_thread_area set_tid_address setfsgid setfsuid
    setgid setgroups setitimer setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setuid sigaltstack
    tgkill tkill vfork wait4 waitid riscv_flush_icache`,
  clocks: `adjtimex clock_adjtime clock_getres clock_gettime clock_nanosleep gettimeofday nanosleep time timer_create
    timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create timerfd_gettime timerfd_settime times`,
  // Sockets are opened by a rule of their own, below.
  messages: `accept accept4 bind connect getpeername getsockname getsockopt listen mq_getsetattr mq_notify mq_open
    mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd recvfrom recvmmsg recvmsg semctl semget semop
    semtimedop sendmmsg sendmsg sendto setsockopt shmat shmctl shmdt shmget shutdown socketpair`,
  machine: 'getrandom sysinfo uname',
}

/** From linux/socket.h and linux/sched.h: every flag of clone that creates a namespace. */
const AF_VSOCK = 40
const CLONE_NAMESPACES = 0x7e02_0000
/** As if the kernel were too old, so that programs fall back to clone. */
const ENOSYS = 38
/** Linux (0) with 32-bit inodes or uname as of 2.6, and 0xffffffff, which only asks. */
const PERSONALITIES = [0, 0x0008, 0x2_0000, 0x2_0008, 0xffff_ffff]

const allow = (names: string, ...args: object[]) => ({
  names: names.split(/\s+/),
  action: 'SCMP_ACT_ALLOW',
  args,
})

/** The profile as Docker takes it in `SecurityOpt`, as JSON. */
export const SECCOMP_PROFILE = JSON.stringify({
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  archMap: ['X86_64', 'AARCH64', 'RISCV64', 'S390X', 'PPC64LE'].map((name) => ({
    architecture: `SCMP_ARCH_${name}`,
    subArchitectures: null,
  })),
  syscalls: [
    ...Object.values(ALLOWED).map((names) => allow(names)),
    allow('socket', { index: 0, value: AF_VSOCK, op: 'SCMP_CMP_NE' }),
    ...PERSONALITIES.map((value) => allow('personality', { index: 0, value, op: 'SCMP_CMP_EQ' })),
    {
      ...allow('clone', { index: 0, value: CLONE_NAMESPACES, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }),
      excludes: { arches: ['s390', 's390x'] },
    },
    {
      ...allow('clone', { index: 1, value: CLONE_NAMESPACES, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }),
      includes: { arches: ['s390', 's390x'] },
    },
    { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
  ],
})
