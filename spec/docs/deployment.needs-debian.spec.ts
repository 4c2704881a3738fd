/** What docs/DEPLOYMENT.md tells those who use zsh. */
import { completingLineOf } from './completing-line.js';

completingLineOf('zsh');
