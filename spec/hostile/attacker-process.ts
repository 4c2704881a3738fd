/** An attacker as a process of its own, so that its work slows down nobody but by the machine they share. */
import { answerParent } from '../../bench/child-program.js';
import { Attacker } from './attacker.js';
import { attacks } from './attacks.js';
import type { Target } from './target.js';

export interface AttackerStart {
  readonly attack: string;
  readonly target: Target;
  readonly session: string;
}

answerParent(({ attack, target, session }: AttackerStart) => {
  const attacker = new Attacker(target);
  return {
    begin: () => {
      for (const assault of attacks(session)[attack]?.assaults ?? []) {
        attacker.launch(assault);
      }
    },
    report: () => attacker.report,
    end: () => {
      attacker.end();
      return attacker.report;
    },
  };
});
