/** Why: settings that are right one by one may contradict one another; better no server than one that takes sides. */
import { isByTls } from './setting-kind.js';
import type { Settings, StateStoreChoice } from './settings-table.js';

/** @returns what does not go together, and what to do; undefined if all is well. */
export function disagreementIn(settings: Settings): string | undefined {
  const { password, passwordFile, tlsCertFile, tlsKeyFile } = settings;
  if (password !== undefined && passwordFile !== undefined) {
    return '--password and --password_file are both given; give one of them';
  }
  const aboutStore = disagreementAboutStore(settings);
  if (aboutStore !== undefined) {
    return aboutStore;
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

/** Where leases are kept, once nobody's choice is left open. */
export function stateStoreOf({ stateStore, stateFile }: Settings): StateStoreChoice {
  return stateStore ?? (stateFile === undefined ? 'memory' : 'journal');
}

/** A character of a name may take six bytes in etcd, which takes 1.5 MiB in a request unless told otherwise. */
const ETCD_NAME_BYTES_MAX = 128 * 1024;

function disagreementAboutStore(settings: Settings): string | undefined {
  const store = stateStoreOf(settings);
  const { stateFile, etcdEndpoints, nameBytesMax } = settings;
  if (store === 'journal' && stateFile === undefined) {
    return '--state_store journal needs a file; give --state_file, too';
  }
  if (store !== 'journal' && stateFile !== undefined) {
    return `--state_store ${store} keeps nothing in --state_file; leave one of them out`;
  }
  if (store !== 'etcd') {
    const flag = etcdFlagIn(settings);
    return (
      flag && `${flag} is of use with --state_store etcd only; give that, too, or leave it out`
    );
  }
  if (etcdEndpoints === undefined) {
    return '--state_store etcd needs to know where etcd is; give --etcd_endpoints, too';
  }
  if (nameBytesMax > ETCD_NAME_BYTES_MAX) {
    return `--state_store etcd takes names of ${ETCD_NAME_BYTES_MAX} bytes at most; lower --name_bytes_max`;
  }
  return disagreementAboutEtcd(settings, etcdEndpoints);
}

function disagreementAboutEtcd(
  { etcdUser, etcdPassword, etcdPasswordFile, ...settings }: Settings,
  endpoints: readonly string[],
): string | undefined {
  const { etcdTlsCaFile, etcdTlsCertFile, etcdTlsKeyFile } = settings;
  if (etcdPassword !== undefined && etcdPasswordFile !== undefined) {
    return '--etcd_password and --etcd_password_file are both given; give one of them';
  }
  const hasPassword = etcdPassword !== undefined || etcdPasswordFile !== undefined;
  if (hasPassword && etcdUser === undefined) {
    return '--etcd_password is given without --etcd_user; give both, or neither';
  }
  if (!hasPassword && etcdUser !== undefined) {
    return '--etcd_user is given without a password; give --etcd_password_file, too';
  }
  if ((etcdTlsCertFile === undefined) !== (etcdTlsKeyFile === undefined)) {
    return '--etcd_tls_cert and --etcd_tls_key go together; give both, or neither';
  }
  const isTlsSet = etcdTlsCaFile !== undefined || etcdTlsCertFile !== undefined;
  if (isTlsSet && !endpoints.every(isByTls)) {
    return '--etcd_tls_ca, --etcd_tls_cert and --etcd_tls_key need TLS; begin each of --etcd_endpoints with https://';
  }
  return undefined;
}

/** One that was given for nothing. */
function etcdFlagIn(settings: Settings): string | undefined {
  return [
    [settings.etcdEndpoints, '--etcd_endpoints'],
    [settings.etcdUser, '--etcd_user'],
    [settings.etcdPassword, '--etcd_password'],
    [settings.etcdPasswordFile, '--etcd_password_file'],
    [settings.etcdTlsCaFile, '--etcd_tls_ca'],
    [settings.etcdTlsCertFile, '--etcd_tls_cert'],
    [settings.etcdTlsKeyFile, '--etcd_tls_key'],
  ].find(([value]) => value !== undefined)?.[1] as string | undefined;
}

/** Whether clients must prove something that not anybody can: a certificate of a public authority, anybody can have. */
function isGuarded(settings: Settings): boolean {
  const { password, passwordFile, clientCaFile } = settings;
  return [password, passwordFile, clientCaFile].some((proof) => proof !== undefined);
}

/** Whether only programs of the same machine reach that host; an unnamed one is every address there is. */
export function isLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);
}

/** Whoever names an authority wants it asked, whatever the switch says. */
export function verifiesClients(settings: Settings): boolean {
  return settings.clientCertVerify || settings.clientCaFile !== undefined;
}
