package io.weir.relay.exchange;

/**
 * One exchange under way, as {@code /flows} shows it.
 *
 * @param id unique within the process
 * @param peer address and port of the client
 * @param method of the request
 * @param route its target, shortened; visible ASCII
 * @param status given to the client, 0 as long as there is none
 * @param phase connecting, request, waiting, response or tunnel
 * @param waitsFor client or origin: whose turn it is; empty while bytes move
 * @param downloadedBytes of the body so far
 * @param uploadedBytes of the body so far
 * @param leaseBytes what its two sockets may come to hold
 * @param heldBytes what they hold in the kernel now; -1 if that cannot be told
 * @param userBytes what was taken from one and not by the other: in user space, or in a pipe
 * @param ageMillis since the head arrived
 */
public record FlowRow(
    long id,
    String peer,
    String method,
    String route,
    int status,
    String phase,
    String waitsFor,
    long downloadedBytes,
    long uploadedBytes,
    long leaseBytes,
    long heldBytes,
    long userBytes,
    long ageMillis) {}
