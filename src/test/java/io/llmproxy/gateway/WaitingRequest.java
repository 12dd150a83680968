package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.ScriptedProvider.Script;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A request that its provider was asked and does not answer, served on a thread of its own. */
record WaitingRequest(FakeRequest request, CompletableFuture<RecordingSink> answer) {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Returns when the fixture's first provider, which answers nothing from now on, was asked. */
    static WaitingRequest begin(GatewayFixture fixture, FakeRequest request) {
        fixture.up().answers(r -> new Script().hangsBeforeHead());
        CompletableFuture<RecordingSink> answer =
                CompletableFuture.supplyAsync(() -> fixture.send(request), Thread::startVirtualThread);
        long begun = System.nanoTime();
        while (fixture.up().asked().isEmpty()) {
            if (answer.isDone() || System.nanoTime() - begun > PATIENCE.toNanos()) {
                throw new AssertionError("the provider was not asked; " + seen(answer));
            }
            Thread.onSpinWait();
        }
        return new WaitingRequest(request, answer);
    }

    private static String seen(CompletableFuture<RecordingSink> answer) {
        if (!answer.isDone()) {
            return "the request still runs after " + PATIENCE;
        }
        RecordingSink sink = answer.join();
        return "the client got " + (sink.failed() ? sink.refusal() : sink.status() + " " + sink.text());
    }

    /** The client leaves; returns when the gateway has done with it. */
    void leave() throws InterruptedException {
        request.leave();
        assertThat(answer).succeedsWithin(PATIENCE);
    }
}
