package io.weir.relay.endpoint;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.weir.relay.loop.Loop;
import io.weir.relay.loop.LoopGroup;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;

/** A listening Netty NIO channel, where there is no epoll. Connections go round the loops. */
final class ChannelListener implements Listener {
  private final Channel channel;

  private ChannelListener(Channel channel) {
    this.channel = channel;
  }

  static ChannelListener listen(LoopGroup group, InetSocketAddress address, Acceptor acceptor)
      throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group.loops().getFirst(), group.loops().getFirst().parent())
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, acceptor.backlog())
            .option(ChannelOption.SO_REUSEADDR, true)
            .childHandler(new Initializer(acceptor));
    ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw bound.cause() instanceof BindException
          ? new BindException("the address is in use, or is not this machine's")
          : new IOException(bound.cause());
    }
    return new ChannelListener(bound.channel());
  }

  @Override
  public InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  @Override
  public void close() {
    channel.close().awaitUninterruptibly(1000);
  }

  private static final class Initializer extends ChannelInitializer<Channel> {
    private final Acceptor acceptor;

    Initializer(Acceptor acceptor) {
      this.acceptor = acceptor;
    }

    private void refuse(Channel channel) {
      if (acceptor.refusal().length == 0) {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.eventLoop().execute(channel::close);
        return;
      }
      channel
          .eventLoop()
          .execute(
              () ->
                  channel
                      .writeAndFlush(Unpooled.wrappedBuffer(acceptor.refusal()))
                      .addListener(ChannelFutureListener.CLOSE));
    }

    @Override
    protected void initChannel(Channel channel) {
      Loop loop = (Loop) channel.eventLoop();
      loop.load().incrementAndGet();
      ChannelEndpoint.configure(channel.config());
      Acceptor.Accepted owner = acceptor.accept(loop);
      if (owner == null) {
        loop.load().decrementAndGet();
        refuse(channel);
        return;
      }
      ChannelEndpoint endpoint =
          new ChannelEndpoint(
              loop, acceptor.governor(loop)::clientSocket, acceptor.codecBytesMax(), owner);
      channel.pipeline().addLast(endpoint);
      owner.own(endpoint);
      loop.execute(endpoint::tell);
    }
  }
}
