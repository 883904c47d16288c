package io.weir.demo;

/**
 * What {@code demo} was told.
 *
 * @param readers slow ones
 * @param rateText what each of them takes in a second, as the user wrote it
 * @param fast readers that take what they get
 * @param seconds how long it runs, or 0 until Ctrl-C
 */
public record DemoSettings(int readers, String rateText, int fast, long seconds) {}
