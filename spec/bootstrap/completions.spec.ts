import { completionsOf } from './completions-of-shell.js';

completionsOf('bash');
