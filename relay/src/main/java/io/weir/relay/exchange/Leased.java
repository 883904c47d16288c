package io.weir.relay.exchange;

/**
 * What the flows of a listener may hold, and how often each step was taken as that got short, in
 * the order of the steps.
 *
 * @param budgetBytes what all flows may hold, in user space and in the kernel
 * @param leasedBytes what is leased of that now
 * @param leasedBytesMax the most that was leased at once
 * @param unprovenBytes of what is leased, for flows whose rate is not known yet
 * @param growths how often a lease has grown
 * @param shrinks how often a lease was cut
 * @param scarceLooks looks of a loop, four a second, at which not every flow could have what it
 *     wanted
 * @param stoppedSources how often a source was not read for a second, as its sink had no room
 * @param waits requests that had to wait for their least lease
 * @param idleClosed clients at rest that were closed for others
 * @param refused connections and requests that were answered with 503 overloaded
 * @param resetStalled exchanges that were reset as the largest that stood still
 * @param sendTimeouts exchanges that were cut as their client took nothing for the send timeout
 */
public record Leased(
    long budgetBytes,
    long leasedBytes,
    long leasedBytesMax,
    long unprovenBytes,
    long growths,
    long shrinks,
    long scarceLooks,
    long stoppedSources,
    long waits,
    long idleClosed,
    long refused,
    long resetStalled,
    long sendTimeouts) {}
