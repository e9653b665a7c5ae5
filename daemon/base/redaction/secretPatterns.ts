/**
 * Published formats of keys and tokens. Every repetition is bounded or unambiguous, so that a
 * pattern takes linear time.
 */

/** Prefix and length from each service's documentation; a match must not start within a word. */
const PUBLISHED: readonly string[] = [
  // AWS access key identifiers (IAM, unique identifiers).
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\\b',
  // GitHub, GitLab.
  'gh[pousr]_[A-Za-z0-9]{20,255}\\b',
  'github_pat_[A-Za-z0-9_]{20,255}',
  'gl(?:pat|rt|ptt|dt|cbt|ft|soat|agent|oas)-[\\w-]{16,255}',
  // Slack tokens.
  'xox[abeoprs]-[\\w-]{10,255}',
  'xapp-\\d-[A-Z0-9]{8,20}-\\d{8,20}-[a-f0-9]{32,128}',
  // Stripe, and its webhooks' signing secrets.
  '[srp]k_(?:live|test)_[A-Za-z0-9]{10,255}\\b',
  'whsec_[A-Za-z0-9+/]{20,255}',
  // OpenAI and Anthropic.
  'sk-(?=[\\w-]{0,255}\\d)[\\w-]{16,255}',
  // Google: API keys, OAuth client secrets and access tokens.
  'AIza[\\w-]{30,40}',
  'GOCSPX-[\\w-]{20,40}',
  'ya29\\.[\\w-]{20,2048}',
  // Package registries and model hubs.
  'npm_[A-Za-z0-9]{30,64}\\b',
  'pypi-AgE[\\w-]{50,1024}',
  'hf_[A-Za-z0-9]{30,64}\\b',
  'dckr_(?:pat|oat)_[\\w-]{20,64}',
  // Messages: Twilio, SendGrid, Mailgun, Mailchimp, Discord, Telegram.
  'SK[0-9a-f]{32}\\b',
  'SG\\.[\\w-]{16,32}\\.[\\w-]{16,64}',
  'key-[0-9a-f]{32}\\b',
  '[0-9a-f]{32}-us\\d{1,2}\\b',
  '[MNO][\\w-]{23,27}\\.[\\w-]{6}\\.[\\w-]{27,40}',
  // Shops and hosts: Shopify, DigitalOcean, Heroku, Fly, PlanetScale.
  'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\\b',
  'do[opr]_v1_[a-f0-9]{64}\\b',
  'HRKU-[\\w-]{30,80}',
  'fm[12]_[A-Za-z0-9+/=_-]{50,2048}',
  'pscale_(?:tkn|pw|oauth)_[\\w.-]{32,64}',
  // Tools: Linear, Databricks, Grafana, Atlassian, Notion, Vault, age, New Relic, Sentry, Postman.
  'lin_(?:api|oauth)_[A-Za-z0-9]{32,64}\\b',
  'dapi[0-9a-f]{32}(?:-\\d)?\\b',
  'gl(?:sa|c)_[A-Za-z0-9_+/=]{32,512}',
  'AT(?:ATT|CTT|BBT)3x[\\w-]{50,512}(?:=[0-9A-Z]{8})?',
  '(?:ntn|secret)_[A-Za-z0-9]{40,64}\\b',
  'hv[sbr]\\.[\\w-]{20,512}',
  'AGE-SECRET-KEY-1[A-Z0-9]{50,64}\\b',
  'NRAK-[A-Z0-9]{24,32}\\b',
  'sntry[su]_[A-Za-z0-9+/=_-]{50,512}',
  'PMAK-[0-9a-f]{24}-[0-9a-f]{34}\\b',
];

export const PUBLISHED_KEYS = new RegExp(`(?<![A-Za-z0-9])(?:${PUBLISHED.join('|')})`, 'g');

/**
 * PEM (RFC 7468) and OpenPGP (RFC 9580) armour; without an end line, the rest of the text is
 * removed too.
 */
export const PRIVATE_KEY =
  /-----BEGIN (?:[A-Z]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z ]{0,60}-----|$)/g;

/** Tokens of a bot, whose digits may follow letters in an address. */
export const TELEGRAM = /(?<!\d)\d{8,10}:AA[\w-]{33}(?![\w-])/g;

/** RFC 7519; header and claims are JSON objects in base64url. */
export const JWT = /\beyJ[\w-]{8,4096}\.[\w-]{8,8192}\.[\w-]{0,2048}/g;

/** Webhook addresses: the address alone permits posts. */
export const WEBHOOK =
  /(\bhooks\.slack\.com\/(?:services|workflows)\/|\bdiscord(?:app)?\.com\/api\/webhooks\/)([\w/-]{20,200})/g;

/** Signature of an Azure shared access address. */
export const SAS = /(\bsig=)([\w%+/-]{20,200}=?)/g;
