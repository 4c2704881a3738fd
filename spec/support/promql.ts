/** A PromQL expression, read as far as can be without Prometheus: what it names, and whether its brackets close. */

export interface Promql {
  readonly metrics: readonly string[];
  /** Of matchers and groupings. */
  readonly labels: readonly string[];
}

const FUNCTIONS = new Set([
  'avg',
  'changes',
  'count',
  'deriv',
  'histogram_quantile',
  'increase',
  'max',
  'min',
  'min_over_time',
  'rate',
  'sum',
  'vector',
]);
const OPERATORS = new Set(['and', 'or', 'unless']);
const GROUPINGS = new Set(['by', 'without', 'on', 'ignoring']);
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

const TOKEN =
  /\s+|"(?:[^"\\]|\\.)*"|[a-zA-Z_:][\w:]*|\[(?:\d+[smhd]|\$__rate_interval)\]|\d+(?:\.\d+)?|=~|!~|!=|==|>=|<=|[-+*/%^=<>(),{}]/y;

/** @throws Error for what is not closed, is no word of PromQL's that is known here, or is no token at all. */
export function readPromql(expression: string): Promql {
  const tokens = tokensOf(expression);
  const metrics: string[] = [];
  const labels: string[] = [];
  const open: string[] = [];
  let isGrouping = false;
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (token in CLOSING) {
      open.push(CLOSING[token] ?? '');
    } else if (Object.values(CLOSING).includes(token)) {
      if (open.pop() !== token) {
        throw new Error(`${token} closes nothing in ${expression}`);
      }
      isGrouping &&= token !== ')';
    } else if (/^[a-zA-Z_:]/.test(token)) {
      if (open.at(-1) === '}' || isGrouping) {
        labels.push(token);
      } else if (GROUPINGS.has(token)) {
        isGrouping = true;
      } else if (next === '(' || GROUPINGS.has(next ?? '')) {
        if (!FUNCTIONS.has(token) && !OPERATORS.has(token)) {
          throw new Error(`${token} is no function that is known in ${expression}`);
        }
      } else if (!OPERATORS.has(token)) {
        metrics.push(token);
      }
    }
  });
  if (open.length > 0) {
    throw new Error(`${open.at(-1)} is missing in ${expression}`);
  }
  return { metrics, labels };
}

function tokensOf(expression: string): readonly string[] {
  const tokens: string[] = [];
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < expression.length) {
    const at = pattern.lastIndex;
    const [token] = pattern.exec(expression) ?? [];
    if (token === undefined) {
      throw new Error(`cannot be read from ${JSON.stringify(expression.slice(at))} on`);
    }
    if (token.trim() !== '') {
      tokens.push(token);
    }
  }
  return tokens;
}
