package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.Exchange;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits between two calls of one exchange, and no longer than somebody waits for its answer. */
final class Pause {
    private Pause() {}

    /** @throws ProxyException where the exchange was cut; ClientGoneException where the client left */
    static void of(Exchange x, Duration time) {
        CountDownLatch over = new CountDownLatch(1);
        x.onCut(over::countDown);
        try (ClientRequest.Watch _ = x.request().watch(over::countDown)) {
            if (over.await(time.toNanos(), TimeUnit.NANOSECONDS) || x.request().gone()) {
                throw x.cutReason() == null ? new ClientGoneException() : new ProxyException(x.cutReason());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClientGoneException();
        } finally {
            x.clearOnCut();
        }
    }
}
