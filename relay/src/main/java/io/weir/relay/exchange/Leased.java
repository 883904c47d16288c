package io.weir.relay.exchange;

/**
 * What the flows of a listener may hold, and how often the steps were taken when that got short.
 *
 * @param budgetBytes what all flows may hold, in user space and in the kernel
 * @param leasedBytes what is leased of that now
 * @param leasedBytesMax the most that was leased at once
 * @param unprovenBytes of what is leased, for flows whose rate is not known yet
 * @param growths how often a lease has grown
 * @param shrinks how often a lease was cut
 * @param scarceLooks looks of a loop, four a second, at which not every flow could have what it
 *     wanted
 * @param waits requests that had to wait for their least lease
 */
public record Leased(
    long budgetBytes,
    long leasedBytes,
    long leasedBytesMax,
    long unprovenBytes,
    long growths,
    long shrinks,
    long scarceLooks,
    long waits) {}
