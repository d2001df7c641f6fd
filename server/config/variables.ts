/** One setting of a server: a variable of the environment, and its place in `thon.yaml`. */
export interface Variable {
  /** As the environment has it. */
  name: string
  /** Its place in thon.yaml: sections and a key, with dots between. */
  at: string
  /** The default as people write it; '' where there is none. */
  fallback: string
  /** What it is for. */
  meaning: string
  /** Its value is shown to nobody. */
  secret: boolean
}

/** A chapter of the manual, and of thon.yaml.example. */
export interface Chapter {
  title: string
  variables: readonly Variable[]
}

function variable(name: string, at: string, fallback: string, meaning: string): Variable {
  return { name, at, fallback, meaning, secret: false }
}

function secret(name: string, at: string, meaning: string): Variable {
  return { name, at, fallback: '', meaning, secret: true }
}

const server: Chapter = {
  title: 'The server',
  variables: [
    variable(
      'DASHBOARD_HOST',
      'dashboard.host',
      '127.0.0.1',
      'address to listen on; another one than loopback warns loudly where there is no login',
    ),
    variable('THON_PORTS', 'dashboard.ports', '8100,8501', 'ports, with commas; each serves everything'),
    variable(
      'THON_PUBLIC_URL',
      'dashboard.public_url',
      '',
      'where people reach THON, such as https://thon.example: for sign-in at providers, and cookies that travel over https alone',
    ),
    variable(
      'THON_TLS_CERT',
      'dashboard.tls_cert',
      '',
      'certificate as a PEM file: the ports serve HTTPS; taken anew, without a restart, when it changes',
    ),
    variable('THON_TLS_KEY', 'dashboard.tls_key', '', 'its key, as a PEM file'),
    variable(
      'THON_TRUSTED_PROXIES',
      'dashboard.trusted_proxies',
      '',
      'reverse proxies whose X-Forwarded-* headers are believed: addresses, networks such as 10.0.0.0/8, or loopback, with commas',
    ),
    variable(
      'THON_ALLOWED_HOSTS',
      'dashboard.allowed_hosts',
      '',
      'further host names the server answers to, with commas',
    ),
    variable(
      'THON_DB_PATH',
      'dashboard.database',
      '~/.thon/thon.db',
      'SQLite file, made with mode 0600, WAL, migrated at start',
    ),
    variable('THON_LOG_LEVEL', 'dashboard.log_level', 'warn', 'fatal, error, warn, info, debug, trace or silent'),
    variable(
      'EXTERNAL_IP',
      'external_ip',
      '',
      'IP address or host name this machine is reached by from elsewhere; the setting external_ip goes before it',
    ),
  ],
}

const auth: Chapter = {
  title: 'Who may enter',
  variables: [
    secret(
      'AUTH_LOCAL_PASSWORD',
      'auth.local_password',
      'whoever knows it signs in as the organizer; programs on this machine may go on using /api without',
    ),
    variable(
      'AUTH_ENABLED',
      'auth.enabled',
      'false',
      'everybody signs in at a provider, for dashboard, GraphQL and /api alike',
    ),
    secret(
      'AUTH_SESSION_SECRET',
      'auth.session_secret',
      'signs session cookies, at least 32 characters; needed with AUTH_ENABLED, else one is made and kept',
    ),
    variable(
      'AUTH_ADMINS',
      'auth.admins',
      '',
      'who is always an organizer: ids such as github:1 and e-mail addresses, with commas; empty: whoever signs in first',
    ),
    ...(
      [
        ['GITHUB', 'GitHub'],
        ['GITLAB', 'GitLab'],
        ['LINKEDIN', 'LinkedIn'],
      ] as const
    ).flatMap(([name, label]) => [
      variable(
        `AUTH_${name}_CLIENT_ID`,
        `auth.${name.toLowerCase()}.client_id`,
        '',
        `THON as an application at ${label}; its callback is <public URL>/api/auth/callback/${name.toLowerCase()}`,
      ),
      secret(`AUTH_${name}_CLIENT_SECRET`, `auth.${name.toLowerCase()}.client_secret`, 'the secret that goes with it'),
    ]),
    variable('AUTH_GITHUB_URL', 'auth.github.url', 'https://github.com', 'a GitHub Enterprise of your own'),
    variable('AUTH_GITHUB_API_URL', 'auth.github.api_url', 'https://api.github.com', 'its API'),
    variable('AUTH_GITLAB_URL', 'auth.gitlab.url', 'https://gitlab.com', 'a GitLab of your own'),
    variable('AUTH_LINKEDIN_URL', 'auth.linkedin.url', 'https://www.linkedin.com', 'where people sign in'),
    variable(
      'AUTH_LINKEDIN_API_URL',
      'auth.linkedin.api_url',
      'https://api.linkedin.com',
      'where their profile is read',
    ),
  ],
}

const sandboxes: Chapter = {
  title: 'Sandboxes',
  variables: [
    variable('THON_ENGINE', 'sandbox.engine', 'auto', 'docker, process (embedded) or auto'),
    variable(
      'SANDBOX_IMAGE',
      'sandbox.image',
      'waterpistol/thon:latest',
      'image of new sandboxes; pulled when missing',
    ),
    variable('SANDBOX_MEMORY', 'sandbox.memory', '2g', 'memory of one sandbox; 0 is no limit'),
    variable('SANDBOX_CPUS', 'sandbox.cpus', '2', 'processors of one sandbox; 0 is no limit'),
    variable('SANDBOX_PIDS', 'sandbox.pids', '1024', 'processes of one sandbox; 0 is no limit'),
    variable(
      'SANDBOX_TTL_MINUTES',
      'sandbox.timeout_minutes',
      '',
      'time to live of new instances; 0 or nothing is for ever',
    ),
    variable('VSCODE_PORT', 'vscode.port', '8443', 'port code-server listens on inside sandboxes of users'),
    variable(
      'VSCODE_SECURE',
      'vscode.secure',
      'false',
      'whether code-server asks users for a password, which THON makes',
    ),
    variable('THON_START_CONCURRENCY', 'sandbox.start_concurrency', '8', 'sandboxes that start at the same time'),
    variable('THON_READY_SECONDS', 'sandbox.ready_seconds', '60', 'how long code-server may take to answer'),
    variable('THON_WORKSPACE_DIR', 'workspace.dir', '~/.thon/workspace', 'workspaces of the embedded engine'),
    variable(
      'SANDBOX_DOMAIN',
      'sandbox.domain',
      '',
      'an OpenSandbox server, as the Python THON used one; not used by this version, which says so',
    ),
    secret('SANDBOX_API_KEY', 'sandbox.api_key', 'its key'),
    variable(
      'DOCKER_HOST',
      'sandbox.docker_host',
      '',
      'which Docker engine; DOCKER_CONTEXT, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH and DOCKER_CONFIG count as for docker',
    ),
  ],
}

const network: Chapter = {
  title: 'Addresses and networks of the sandboxes',
  variables: [
    variable(
      'THON_DOMAIN',
      'sandbox.host_domain',
      '',
      "domain of the sandboxes' host names; the setting domain goes before it",
    ),
    variable(
      'THON_WILDCARD_DNS',
      'sandbox.wildcard_dns',
      '{ip}.sslip.io',
      'names that lead to the external IP, where there is no domain',
    ),
    variable(
      'THON_PATH_PORT',
      'sandbox.path_port',
      '',
      'a port on which sandboxes are told apart by path, /<host port>/; see below what that gives up',
    ),
    variable(
      'SANDBOX_NETWORK_POOL',
      'sandbox.network_pool',
      '10.208.0.0/12',
      'each group gets a /23 of it for its sandboxes',
    ),
    variable(
      'SANDBOX_LAN',
      'sandbox.lan',
      'block',
      'whether sandboxes reach other machines of the LAN: block or allow',
    ),
    variable('SANDBOX_INTERNET', 'sandbox.internet', 'allow', 'whether sandboxes reach the internet: block or allow'),
    variable(
      'SANDBOX_ALLOW',
      'sandbox.allow',
      '',
      'exceptions, with commas: IPv4 addresses or networks, each with a port or without, such as 192.168.1.20:8000',
    ),
    variable(
      'SANDBOX_HOST_PORTS',
      'sandbox.host_ports',
      '',
      "ports of this machine that sandboxes reach, besides Lemonade's and the gateway's, with commas",
    ),
  ],
}

const lemonade: Chapter = {
  title: 'Lemonade',
  variables: [
    variable(
      'LEMONADE_HOST',
      'lemonade.host',
      '0.0.0.0',
      'where Lemonade listens; every address (0.0.0.0) is asked on this machine',
    ),
    variable('LEMONADE_PORT', 'lemonade.port', '13305', 'its port'),
    secret('LEMONADE_API_KEY', 'lemonade.api_key', 'its key, as Lemonade itself is given it'),
    secret('LEMONADE_ADMIN_API_KEY', 'lemonade.admin_api_key', 'its other key, for what is internal'),
    variable(
      'LEMONADE_CONFIG_DIR',
      'lemonade.config_dir',
      '',
      'folder with user_models.json and recipe_options.json of older versions; empty asks the server',
    ),
  ],
}

const gateway: Chapter = {
  title: 'The AI gateway (first values; the page Gateway changes them)',
  variables: [
    variable('GATEWAY_ENABLED', 'gateway.enabled', 'false', 'whether APISIX is used'),
    variable(
      'GATEWAY_MODE',
      'gateway.mode',
      'per-user',
      'per-user, a consumer for each user, or per-group, with as much for the group as for its members together',
    ),
    variable('GATEWAY_RATE_LIMIT_TOKENS', 'gateway.rate_limit_tokens', '500', 'tokens of one person in a window'),
    variable('GATEWAY_RATE_LIMIT_WINDOW', 'gateway.rate_limit_window', '60', 'length of a window, in seconds'),
    variable('GATEWAY_ADMIN_URL', 'gateway.admin_url', 'http://127.0.0.1:9180', "APISIX's Admin API"),
    secret('GATEWAY_ADMIN_KEY', 'gateway.admin_key', "its key; empty looks for it in APISIX's own config.yaml"),
    variable('GATEWAY_CONFIG_FILE', 'gateway.config_file', '', 'where that file is; empty looks in the usual places'),
    variable('GATEWAY_PROXY_PORT', 'gateway.proxy_port', '9080', 'port on which APISIX serves people'),
    variable(
      'GATEWAY_METRICS_URL',
      'gateway.metrics_url',
      'http://127.0.0.1:9091/apisix/prometheus/metrics',
      'its metrics',
    ),
    variable(
      'GATEWAY_REDIS_HOST',
      'gateway.redis_host',
      '',
      'Redis for counters that several APISIX share (3.18 or newer)',
    ),
    variable('GATEWAY_REDIS_PORT', 'gateway.redis_port', '6379', 'its port'),
    secret('GATEWAY_REDIS_PASSWORD', 'gateway.redis_password', 'its password'),
    variable(
      'GATEWAY_LEMONADE_URL',
      'gateway.lemonade_url',
      '',
      "where APISIX finds the LLM server; empty is Lemonade's own address",
    ),
    variable(
      'GATEWAY_LEMONADE_MODEL',
      'gateway.lemonade_model',
      '',
      'the model it serves; empty is whichever a client asks for',
    ),
  ],
}

/** Every variable there is, as the manual has them. */
export const CHAPTERS: readonly Chapter[] = [server, auth, sandboxes, network, lemonade, gateway]
