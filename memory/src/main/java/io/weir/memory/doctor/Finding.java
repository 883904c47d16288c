package io.weir.memory.doctor;

import java.util.List;

/**
 * A verdict and what it rests on. All texts are for people, in English, without colour.
 *
 * @param bytes how much memory it is about
 * @param sentence the verdict in one sentence, with numbers
 * @param arithmetic the numbers that lead to it, a line each
 * @param harmlessWhen when one may leave it alone
 * @param wrongIf what would prove it wrong
 * @param next the exact next commands or settings, the first one first; a command can be pasted as
 *     it is, since what is said about it comes after {@link #REMARK}
 */
public record Finding(
    Verdict verdict,
    long bytes,
    String sentence,
    List<String> arithmetic,
    String harmlessWhen,
    String wrongIf,
    List<String> next) {
  /** A shell leaves out what follows. */
  static final String REMARK = "   # ";
}
