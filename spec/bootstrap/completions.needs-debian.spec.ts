/** Whoever uses zsh is offered what bash offers: the same specs, asked of the other shell. */
import { completionsOf } from './completions-of-shell.js';

completionsOf('zsh');
