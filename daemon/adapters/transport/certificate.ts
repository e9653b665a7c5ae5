/**
 * The certificate of a remote daemon: files from the user, or a self-signed certificate, made at
 * the first start and identified by its fingerprint. Node makes keys but no certificates, so this
 * file encodes DER (X.509 v3, RFC 5280; ECDSA with SHA-256 on P-256, RFC 5758).
 */
import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertOwn } from '../../../client/local/daemonFile';
import { EarmarkError } from '../../../protocol/errors';
import { makePrivateFolder } from './socketPath';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the DER as lower-case hex. */
  readonly fingerprint: string;
}

const YEARS = 10;

/** @throws EarmarkError daemon.startFailed, rpc.unauthorized */
export function certificateOf(files: { readonly cert: string; readonly key: string }): Certificate {
  try {
    const [cert, key] = [readFileSync(files.cert, 'utf8'), readFileSync(files.key, 'utf8')];
    return { cert, key, fingerprint: fingerprintOf(cert) };
  } catch (cause) {
    throw new EarmarkError(
      'daemon.startFailed',
      `Could not read the certificate ${files.cert} with the key ${files.key}; use ` +
        'two PEM files.',
      { cause },
    );
  }
}

/** The daemon's own certificate in `tls/` of the state folder; made if absent. */
export function ownCertificate(stateDir: string, wall: () => number): Certificate {
  const folder = join(stateDir, 'tls');
  makePrivateFolder(folder);
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  if (!existsSync(files.cert) || !existsSync(files.key)) {
    const made = selfSigned(wall());
    writeFileSync(files.key, made.key, { mode: 0o600 });
    writeFileSync(files.cert, made.cert, { mode: 0o600 });
  }
  assertOwn(files.key, 0o077);
  return certificateOf(files);
}

function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
}

function selfSigned(nowMs: number): { cert: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const name = sequence(
    der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('Earmark daemon')))),
  );
  const year = 365.25 * 86_400_000;
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const extensions = der(
    0xa3,
    sequence(
      sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), der(0x04, sequence())),
      sequence(oid('551d25'), der(0x04, sequence(oid('2b06010505070301')))),
      sequence(oid('551d11'), der(0x04, sequence(der(0x82, Buffer.from('localhost'))))),
    ),
  );
  // Valid from a day ago: clocks differ.
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    name,
    sequence(time(nowMs - 86_400_000), time(nowMs + YEARS * year)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  );
  const whole = sequence(
    body,
    algorithm,
    der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)])),
  );
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Encodes tag, length, value. */
function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), value]);
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts));
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));

/** UTCTime until 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5). */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return Number(digits.slice(0, 4)) < 2050
    ? der(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : der(0x18, Buffer.from(`${digits}Z`));
}
