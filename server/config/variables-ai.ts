import { secret, variable, type Chapter } from './variable.ts'

/** Variables of the LLM server. */
export const lemonade: Chapter = {
  title: 'Lemonade',
  variables: [
    variable(
      'LEMONADE_HOST',
      'lemonade.host',
      '0.0.0.0',
      'Address that Lemonade listens on. With 0.0.0.0, THON connects to it on this machine.',
    ),
    variable('LEMONADE_PORT', 'lemonade.port', '13305', 'Port that Lemonade listens on.'),
    secret('LEMONADE_API_KEY', 'lemonade.api_key', 'API key that Lemonade was started with.'),
    secret('LEMONADE_ADMIN_API_KEY', 'lemonade.admin_api_key', 'Admin API key of Lemonade, for its internal routes.'),
    variable(
      'LEMONADE_CONFIG_DIR',
      'lemonade.config_dir',
      '',
      'Folder with user_models.json and recipe_options.json of older versions. When empty, THON asks the server.',
    ),
  ],
}

/** Variables of the AI gateway. */
export const gateway: Chapter = {
  title: 'AI gateway (first values; the Gateway page changes them)',
  variables: [
    variable('GATEWAY_ENABLED', 'gateway.enabled', 'false', 'Whether APISIX is used.'),
    variable(
      'GATEWAY_MODE',
      'gateway.mode',
      'per-user',
      'per-user: one consumer for each user. per-group: one for each group, with the limits of its members added up.',
    ),
    variable(
      'GATEWAY_RATE_LIMIT_TOKENS',
      'gateway.rate_limit_tokens',
      '500',
      'Tokens that one person may use in one time window.',
    ),
    variable('GATEWAY_RATE_LIMIT_WINDOW', 'gateway.rate_limit_window', '60', 'Length of a time window, in seconds.'),
    variable('GATEWAY_ADMIN_URL', 'gateway.admin_url', 'http://127.0.0.1:9180', "Address of APISIX's Admin API."),
    secret(
      'GATEWAY_ADMIN_KEY',
      'gateway.admin_key',
      "Key of the Admin API. When empty, THON looks for it in APISIX's own config.yaml.",
    ),
    variable(
      'GATEWAY_CONFIG_FILE',
      'gateway.config_file',
      '',
      'Path of that config.yaml. When empty, THON looks in the usual places.',
    ),
    variable('GATEWAY_PROXY_PORT', 'gateway.proxy_port', '9080', 'Port on which APISIX serves people.'),
    variable(
      'GATEWAY_METRICS_URL',
      'gateway.metrics_url',
      'http://127.0.0.1:9091/apisix/prometheus/metrics',
      "Address of APISIX's Prometheus metrics.",
    ),
    variable(
      'GATEWAY_REDIS_HOST',
      'gateway.redis_host',
      '',
      'Redis host for counters shared by several APISIX nodes (APISIX 3.18 or newer).',
    ),
    variable('GATEWAY_REDIS_PORT', 'gateway.redis_port', '6379', 'Redis port.'),
    secret('GATEWAY_REDIS_PASSWORD', 'gateway.redis_password', 'Redis password.'),
    variable(
      'GATEWAY_LEMONADE_URL',
      'gateway.lemonade_url',
      '',
      "Address at which APISIX reaches the LLM server. When empty, Lemonade's own address.",
    ),
    variable(
      'GATEWAY_LEMONADE_MODEL',
      'gateway.lemonade_model',
      '',
      'Model to serve. When empty, the one that the client asks for.',
    ),
  ],
}
