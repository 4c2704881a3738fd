/** Why: an address is understood once, when settings are read, and not again by every edge. */
import { isIPv6 } from 'node:net';
import { quoted, SettingError } from './setting-error.js';

export interface ListenAddress {
  /** A name or a numeric address; undefined for every address of the machine. */
  readonly host: string | undefined;
  /** 0 for one of the kernel's choice. */
  readonly port: number;
}

const PORT_MAX = 65_535;
const addressForm = /^(?:\[(?<ipv6>[^\]]*)\]|(?<name>[^:[\]]*)):(?<port>[^:]*)$/;
const nameForm = /^[\p{L}\p{N}._-]{0,253}$/u;

/**
 * Reads `host:port`, `:port` or `[ipv6]:port`. An empty text is a port of the kernel's choice on
 * localhost. @throws SettingError
 */
export function parseListenAddress(text: string): ListenAddress {
  if (text === '') {
    return { host: 'localhost', port: 0 };
  }
  const { ipv6, name = '', port } = addressForm.exec(text)?.groups ?? {};
  if (port === undefined || port === '') {
    const reason = text.split(':').length > 2 ? 'needs brackets around IPv6' : 'has no port';
    throw new SettingError(`must be host:port, :port or [ipv6]:port: ${quoted(text)} ${reason}`);
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > PORT_MAX) {
    throw new SettingError(`must have a port from 0 to ${PORT_MAX}, not ${quoted(port)}`);
  }
  if (ipv6 === undefined ? !nameForm.test(name) : !isIPv6(ipv6)) {
    throw new SettingError(
      `must have a host name or an address before the port, not ${quoted(ipv6 ?? name)}`,
    );
  }
  return { host: (ipv6 ?? name) || undefined, port: Number(port) };
}
