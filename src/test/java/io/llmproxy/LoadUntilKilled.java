package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Http;
import io.llmproxy.testing.ServerJvm;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Clients that send one request after another, until the server is killed in the middle of it or refuses them. */
final class LoadUntilKilled {
    static final int CLIENTS = 12;

    /** The ids of requests that were answered whole. */
    final Queue<String> answered = new ConcurrentLinkedQueue<>();

    /** The statuses of all other answers. */
    final Queue<Integer> others = new ConcurrentLinkedQueue<>();

    /** Kills the server as soon as so many requests more have been answered, while others run. */
    void kill(ServerJvm server, String key, int answers) throws InterruptedException {
        Semaphore done = new Semaphore(0);
        try (Http http = new Http(server.gateway(), key)) {
            List<Thread> clients = clients(http, done);
            assertThat(done.tryAcquire(answers, 5, TimeUnit.MINUTES)).isTrue();
            server.kill();
            for (Thread client : clients) {
                client.join();
            }
        }
    }

    /** Until each client was refused. */
    void untilRefused(ServerJvm server, String key) throws InterruptedException {
        try (Http http = new Http(server.gateway(), key)) {
            for (Thread client : clients(http, new Semaphore(0))) {
                client.join();
            }
        }
    }

    private List<Thread> clients(Http http, Semaphore done) {
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(Thread.startVirtualThread(() -> ask(http, done)));
        }
        return clients;
    }

    private void ask(Http http, Semaphore done) {
        try {
            HttpResponse<String> answer = chat(http);
            while (answer.statusCode() == 200) {
                answered.add(answer.headers().firstValue("x-request-id").orElseThrow());
                done.release();
                answer = chat(http);
            }
            others.add(answer.statusCode());
        } catch (UncheckedIOException e) {
            // killed
        }
    }

    /** As if it were forwarded, since limits of addresses exempt what comes from this machine. */
    private static HttpResponse<String> chat(Http http) {
        return http.send(http.request("/v1/chat/completions")
                .header("X-Forwarded-For", "203.0.113.7")
                .POST(BodyPublishers.ofString(Http.CHAT)));
    }
}
