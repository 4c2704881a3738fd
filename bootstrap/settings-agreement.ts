/** Why: settings that are right one by one may contradict one another; better no server than one that takes sides. */
import type { Settings } from './settings-table.js';

/** @returns what does not go together, and what to do; undefined if all is well. */
export function disagreementIn(settings: Settings): string | undefined {
  const { password, passwordFile, tlsCertFile, tlsKeyFile } = settings;
  if (password !== undefined && passwordFile !== undefined) {
    return '--password and --password_file are both given; give one of them';
  }
  if (tlsKeyFile === undefined && tlsCertFile !== undefined) {
    return '--tls_cert is given without --tls_key; give both for TLS, or neither';
  }
  if (tlsCertFile === undefined && tlsKeyFile !== undefined) {
    return '--tls_key is given without --tls_cert; give both for TLS, or neither';
  }
  if (tlsCertFile === undefined && verifiesClients(settings)) {
    const flag = settings.clientCaFile === undefined ? '--client_cert_verify' : '--client_ca';
    return `${flag} needs TLS; give --tls_cert and --tls_key, too`;
  }
  if (settings.remoteAdmin && !isGuarded(settings) && !isLoopback(settings.listenAddress.host)) {
    return (
      '--remote_admin on an address that others reach needs --password_file, or --client_ca with TLS; ' +
      'give one, or listen on localhost'
    );
  }
  return undefined;
}

/** Whether clients must prove something that not anybody can: a certificate of a public authority, anybody can have. */
function isGuarded(settings: Settings): boolean {
  const { password, passwordFile, clientCaFile } = settings;
  return [password, passwordFile, clientCaFile].some((proof) => proof !== undefined);
}

/** Whether only programs of the same machine reach that host; an unnamed one is every address there is. */
function isLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);
}

/** Whoever names an authority wants it asked, whatever the switch says. */
export function verifiesClients(settings: Settings): boolean {
  return settings.clientCertVerify || settings.clientCaFile !== undefined;
}
