/** Why: the load of `ldlm-stress` in a process of its own, which may be killed with all its clients. */
import { answerParent } from '../../bench/child-program.js';
import type { StressOptions } from '../../client/stress/stress-options.js';
import { StressRun } from '../../client/stress/stress-run.js';

export interface LoadFigures {
  readonly grantCount: number;
  readonly lostCount: number;
  readonly violations: readonly string[];
}

answerParent((options: StressOptions) => {
  const run = new StressRun(options);
  const over = run.run();
  const figures = (): LoadFigures => {
    const { grantCount, lostCount, violations } = run.figures;
    return { grantCount, lostCount, violations };
  };
  return {
    figures,
    stop: async () => {
      run.stop();
      await over;
      return figures();
    },
  };
});
