/** Why: a program that has etcd run and is ended by others. It prints the cluster's folder, and lives as long as etcd does. */
import { EtcdCluster } from './etcd-cluster.js';

const cluster = await EtcdCluster.start({ members: 1 });
process.stdout.write(`folder ${cluster.folder}\n`);
