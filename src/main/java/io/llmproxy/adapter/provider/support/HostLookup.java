package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.Durations;
import io.llmproxy.domain.identity.IpAddress;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Finds the addresses of a host, bounded in time and open to a cancel, neither of which the system's resolver knows. */
final class HostLookup {
    private final Resolver resolver;

    /** Looks a name up; blocks. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    HostLookup(Resolver resolver) {
        this.resolver = resolver;
    }

    /** @param whose what the host is, as in {@code the host name of its base URL} */
    InetAddress[] addresses(String host, String whose, CallContext call, Deadline deadline) throws UpstreamException {
        byte @Nullable [] literal = IpAddress.parse(host);
        try {
            return literal != null
                    ? new InetAddress[] {InetAddress.getByAddress(host, literal)}
                    : begun(host, call.cancellation()).get(deadline.remainingMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | UnknownHostException e) {
            throw call.failure(Kind.CONNECT, "cannot be reached: " + whose + " is not known", e);
        } catch (TimeoutException e) {
            call.check();
            throw call.failure(
                    Kind.CONNECT,
                    "cannot be reached: the look-up of " + whose + " took longer than "
                            + Durations.format(call.timeouts().connect()),
                    e);
        } catch (CancellationException e) {
            throw call.cancelledFailure(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw call.cancelledFailure(e);
        }
    }

    /** On a platform thread: the system's resolver blocks in native code, which would hold a carrier of virtual threads. */
    private CompletableFuture<InetAddress[]> begun(String host, Cancellation cancellation) {
        CompletableFuture<InetAddress[]> found = new CompletableFuture<>();
        cancellation.onCancel(() -> found.cancel(false));
        Thread.ofPlatform().daemon().name("upstream-lookup").start(() -> {
            try {
                found.complete(resolver.resolve(host));
            } catch (UnknownHostException | RuntimeException e) {
                found.completeExceptionally(e);
            }
        });
        return found;
    }
}
