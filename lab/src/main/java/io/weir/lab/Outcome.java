package io.weir.lab;

import java.util.List;

/**
 * What a claim came to.
 *
 * @param verdict from measured numbers alone
 * @param number the one that tells it, with its unit
 * @param says two or three sentences, for people
 */
record Outcome(Verdict verdict, String number, List<String> says) {
  /** Whether the claim is true here. */
  enum Verdict {
    HOLDS("the claim holds here"),
    DOES_NOT_HOLD("the claim does not hold here"),
    SKIPPED("skipped");

    private final String words;

    Verdict(String words) {
      this.words = words;
    }

    String words() {
      return words;
    }

    static Verdict of(boolean holds) {
      return holds ? HOLDS : DOES_NOT_HOLD;
    }
  }

  static Outcome skipped(String why) {
    return new Outcome(Verdict.SKIPPED, "", List.of(why));
  }
}
