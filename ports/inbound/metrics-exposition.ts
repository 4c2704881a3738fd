/** What those who watch over the server may read of it. */

export interface MetricsExposition {
  /** Of the text: Prometheus' own format. */
  readonly contentType: string;
  /** Everything that is counted, as it is now. */
  text(): Promise<string>;
}
