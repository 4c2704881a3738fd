/** Why: compose.yaml as an engine of containers reads it: anchors and merges resolved. */
import { parse } from 'yaml';

export interface ComposeService {
  readonly build: unknown;
  readonly environment: Readonly<Record<string, string>>;
  /** `address:port:port` each. */
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** @throws YAMLParseError */
export function composeFile(text: string): ComposeFile {
  return parse(text, { merge: true, strict: true, uniqueKeys: true }) as ComposeFile;
}
