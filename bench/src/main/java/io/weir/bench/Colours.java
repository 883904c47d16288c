package io.weir.bench;

/** The style sheet of charts, for a light and a dark page. */
public final class Colours {
  /** Of the page and of what the charts' classes name. */
  public static final String STYLE =
      """
      :root {
        color-scheme: light dark;
        --page: #fcfcfb; --card: #ffffff; --ink: #1b1f23; --soft: #59636e; --rule: #d8dee4;
        --ours: #0969da; --theirs: #aab4be;
        --s0: #0969da; --s1: #bc4c00; --s2: #8250df; --s3: #1a7f37; --s4: #bf3989; --s5: #6e7781;
      }
      @media (prefers-color-scheme: dark) {
        :root {
          --page: #0d1117; --card: #151b23; --ink: #e6edf3; --soft: #9198a1; --rule: #30363d;
          --ours: #4493f8; --theirs: #59636e;
          --s0: #4493f8; --s1: #f0883e; --s2: #ab7df8; --s3: #3fb950; --s4: #db61a2; --s5: #9198a1;
        }
      }
      .page { fill: var(--page); }
      svg .heading { font-weight: 600; }
      svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
      svg .tick, svg .value { fill: var(--soft); }
      svg .ours { fill: var(--ours); } svg .theirs { fill: var(--theirs); }
      svg .spread { stroke: var(--ink); stroke-width: 1.5; }
      svg .grid { stroke: var(--rule); }
      svg .line { fill: none; stroke-width: 2; }
      svg .line.s0 { stroke: var(--s0); } svg .line.s1 { stroke: var(--s1); }
      svg .line.s2 { stroke: var(--s2); } svg .line.s3 { stroke: var(--s3); }
      svg .line.s4 { stroke: var(--s4); } svg .line.s5 { stroke: var(--s5); }
      svg .dot.s0, svg .label.s0 { fill: var(--s0); } svg .dot.s1, svg .label.s1 { fill: var(--s1); }
      svg .dot.s2, svg .label.s2 { fill: var(--s2); } svg .dot.s3, svg .label.s3 { fill: var(--s3); }
      svg .dot.s4, svg .label.s4 { fill: var(--s4); } svg .dot.s5, svg .label.s5 { fill: var(--s5); }
      """;

  private Colours() {}
}
