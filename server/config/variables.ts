import { secret, variable, type Chapter } from './variable.ts'
import { gateway, lemonade } from './variables-ai.ts'

const server: Chapter = {
  title: 'Server',
  variables: [
    variable(
      'DASHBOARD_HOST',
      'dashboard.host',
      '127.0.0.1',
      'Address to listen on. Any address other than loopback causes a warning when there is no login.',
    ),
    variable(
      'THON_PORTS',
      'dashboard.ports',
      '8100,8501',
      'Ports to listen on, separated by commas. Each one serves everything.',
    ),
    variable(
      'THON_PUBLIC_URL',
      'dashboard.public_url',
      '',
      'Where people reach THON, such as https://thon.example. Sign-in at providers and links use it; with https, cookies are sent over https only.',
    ),
    variable(
      'THON_TLS_CERT',
      'dashboard.tls_cert',
      '',
      'Certificate as a PEM file. With it, every port serves HTTPS. A new certificate is loaded without a restart.',
    ),
    variable('THON_TLS_KEY', 'dashboard.tls_key', '', 'Private key of the certificate, as a PEM file.'),
    variable(
      'THON_TRUSTED_PROXIES',
      'dashboard.trusted_proxies',
      '',
      'Reverse proxies whose X-Forwarded-* headers are trusted: addresses, networks such as 10.0.0.0/8, or loopback, separated by commas.',
    ),
    variable(
      'THON_PROXY_USER',
      'dashboard.proxy_user',
      'nobody',
      'User that the proxy becomes once it has the ports, where THON is root. root keeps it root.',
    ),
    variable(
      'THON_ALLOWED_HOSTS',
      'dashboard.allowed_hosts',
      '',
      'More host names that the server answers to, separated by commas.',
    ),
    variable(
      'THON_DB_PATH',
      'dashboard.database',
      '~/.thon/thon.db',
      'SQLite file. Created with mode 0600, in WAL mode, and migrated at every start.',
    ),
    variable('THON_LOG_LEVEL', 'dashboard.log_level', 'warn', 'fatal, error, warn, info, debug, trace or silent.'),
    variable(
      'EXTERNAL_IP',
      'external_ip',
      '',
      'IP address or host name by which other machines reach this one. The external address in Settings takes precedence.',
    ),
  ],
}

const auth: Chapter = {
  title: 'Sign-in',
  variables: [
    secret(
      'AUTH_LOCAL_PASSWORD',
      'auth.local_password',
      'Anyone who knows it signs in as an organizer. Programs on this machine may still use /api without it.',
    ),
    variable(
      'AUTH_ENABLED',
      'auth.enabled',
      'false',
      'Everyone signs in at a provider before using the dashboard, GraphQL or /api.',
    ),
    secret(
      'AUTH_SESSION_SECRET',
      'auth.session_secret',
      'Signs session cookies; at least 32 characters. Required with AUTH_ENABLED, otherwise generated and kept in a file next to the database.',
    ),
    variable(
      'AUTH_ADMINS',
      'auth.admins',
      '',
      'People who are always organizers: ids such as github:1 and e-mail addresses, separated by commas. When empty, the first person to sign in becomes the organizer.',
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
        `Client id of THON as an OAuth application at ${label}. The callback URL is <public URL>/api/auth/callback/${name.toLowerCase()}.`,
      ),
      secret(
        `AUTH_${name}_CLIENT_SECRET`,
        `auth.${name.toLowerCase()}.client_secret`,
        'Client secret of that application.',
      ),
    ]),
    variable(
      'AUTH_GITHUB_URL',
      'auth.github.url',
      'https://github.com',
      'Address of GitHub, or of your own GitHub Enterprise.',
    ),
    variable('AUTH_GITHUB_API_URL', 'auth.github.api_url', 'https://api.github.com', 'Address of its API.'),
    variable('AUTH_GITLAB_URL', 'auth.gitlab.url', 'https://gitlab.com', 'Address of GitLab, or of your own GitLab.'),
    variable('AUTH_LINKEDIN_URL', 'auth.linkedin.url', 'https://www.linkedin.com', 'Where people sign in.'),
    variable(
      'AUTH_LINKEDIN_API_URL',
      'auth.linkedin.api_url',
      'https://api.linkedin.com',
      'Where THON reads their profile.',
    ),
  ],
}

const sandboxes: Chapter = {
  title: 'Sandboxes',
  variables: [
    variable(
      'THON_ENGINE',
      'sandbox.engine',
      'auto',
      'docker, process (the embedded engine) or auto: Docker if it answers, otherwise the embedded engine.',
    ),
    variable(
      'SANDBOX_IMAGE',
      'sandbox.image',
      'waterpistol/thon:latest',
      'Image for new sandboxes. Pulled when it is missing.',
    ),
    variable('SANDBOX_MEMORY', 'sandbox.memory', '2g', 'Memory limit of one sandbox, swap included. 0 means no limit.'),
    variable('SANDBOX_CPUS', 'sandbox.cpus', '2', 'CPU limit of one sandbox. 0 means no limit.'),
    variable('SANDBOX_PIDS', 'sandbox.pids', '1024', 'Limit on processes in one sandbox. 0 means no limit.'),
    variable(
      'SANDBOX_TTL_MINUTES',
      'sandbox.timeout_minutes',
      '',
      'Minutes until a new instance stops automatically. 0 or empty means never.',
    ),
    variable('VSCODE_PORT', 'vscode.port', '8443', 'Port that code-server listens on inside a sandbox.'),
    variable(
      'VSCODE_SECURE',
      'vscode.secure',
      'false',
      'Whether code-server asks for a password, which THON generates.',
    ),
    variable(
      'THON_START_CONCURRENCY',
      'sandbox.start_concurrency',
      '8',
      'How many sandboxes start at the same time; the others wait in line.',
    ),
    variable('THON_READY_SECONDS', 'sandbox.ready_seconds', '60', 'Seconds that code-server may take to answer.'),
    variable(
      'THON_WORKSPACE_DIR',
      'workspace.dir',
      '~/.thon/workspace',
      'Folder for the workspaces of the embedded engine.',
    ),
    variable(
      'SANDBOX_DOMAIN',
      'sandbox.domain',
      '',
      'Address of an OpenSandbox server, as used by the Python THON. This version does not use it and warns about it.',
    ),
    secret('SANDBOX_API_KEY', 'sandbox.api_key', 'API key of that OpenSandbox server. Not used.'),
    variable(
      'DOCKER_HOST',
      'sandbox.docker_host',
      '',
      'Docker engine to use. DOCKER_CONTEXT, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH and DOCKER_CONFIG work as they do for the docker command.',
    ),
  ],
}

const network: Chapter = {
  title: 'Addresses and networks',
  variables: [
    variable(
      'THON_DOMAIN',
      'sandbox.host_domain',
      '',
      "Domain for the sandboxes' host names. The domain in Settings takes precedence.",
    ),
    variable(
      'THON_WILDCARD_DNS',
      'sandbox.wildcard_dns',
      '{ip}.sslip.io',
      'Wildcard DNS names that resolve to the external IP, used when there is no domain.',
    ),
    variable(
      'THON_PATH_PORT',
      'sandbox.path_port',
      '',
      'Port on which sandboxes are served by path, /<host port>/, instead of by host name. Gives up the isolation between sandboxes in the browser: see Addresses and HTTPS.',
    ),
    variable(
      'SANDBOX_NETWORK_POOL',
      'sandbox.network_pool',
      '10.208.0.0/12',
      'Address pool; each group gets a /23 of it for its sandboxes.',
    ),
    variable(
      'SANDBOX_LAN',
      'sandbox.lan',
      'block',
      'Whether sandboxes can reach other machines on the LAN: block or allow.',
    ),
    variable(
      'SANDBOX_INTERNET',
      'sandbox.internet',
      'allow',
      'Whether sandboxes can reach the internet: block or allow.',
    ),
    variable(
      'SANDBOX_ALLOW',
      'sandbox.allow',
      '',
      'Exceptions, separated by commas: IPv4 addresses or networks, with or without a port, such as 192.168.1.20:8000.',
    ),
    variable(
      'SANDBOX_HOST_PORTS',
      'sandbox.host_ports',
      '',
      "Ports of this machine that sandboxes can reach, in addition to Lemonade's and the gateway's, separated by commas.",
    ),
  ],
}

/** Every variable, in the order of the manual. */
export const CHAPTERS: readonly Chapter[] = [server, auth, sandboxes, network, lemonade, gateway]
