package io.weir.relay.endpoint;

/** While it is open, buffers are sized as under a small net.core.rmem_max and wmem_max. */
public final class SmallMaxima implements AutoCloseable {
  /** What most distributions leave both at, bytes. */
  public static final int USUAL_BYTES = 212_992;

  /** Limits what is asked for to {@code bytesMax}, in servers made from now on. */
  public SmallMaxima(int bytesMax) {
    KernelLimits.limitArguments(bytesMax);
  }

  /** No limit but the system's own. */
  public static SmallMaxima none() {
    return new SmallMaxima(KernelLimits.ARGUMENT_MAX);
  }

  @Override
  public void close() {
    KernelLimits.limitArguments(KernelLimits.ARGUMENT_MAX);
  }
}
