package io.llmproxy.admin;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tries a provider out: asks it for its models, over a connection of its own, within a few seconds. */
public final class ProviderTester {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LARGEST = 4 << 20;
    private final ProviderFactory factory;
    private final Function<byte[], List<String>> models;

    /** @param models reads the ids out of a model list; empty where the body is none */
    public ProviderTester(ProviderFactory factory, Function<byte[], List<String>> models) {
        this.factory = factory;
        this.models = models;
    }

    /**
     * What came of it.
     *
     * @param status of the answer; null: there was none
     * @param models that the provider named
     */
    public record Report(boolean ok, @Nullable Integer status, long latencyMs, String message, List<String> models) {
        public Report {
            models = List.copyOf(models);
        }

        private Report by(String credential) {
            return new Report(ok, status, latencyMs, "credential " + credential + ": " + message, models);
        }
    }

    /** With each of its credentials. Blocks, some seconds for each at most; never throws for what the provider does. */
    public Report test(ProviderAccount account) {
        if (!(account.credential() instanceof Credential.Several(List<Credential.Named> all))) {
            return once(account);
        }
        List<Report> reports = all.stream()
                .map(c -> once(account.holding(c.credential())).by(c.name()))
                .toList();
        Report worst = reports.stream().filter(r -> !r.ok()).findFirst().orElse(reports.getFirst());
        String message = reports.stream().map(Report::message).collect(Collectors.joining("; "));
        return new Report(worst.ok(), worst.status(), worst.latencyMs(), message, worst.models());
    }

    private Report once(ProviderAccount account) {
        Provider provider = factory.open(hurried(account));
        long start = System.nanoTime();
        try {
            String fault = provider.fault();
            return fault != null ? new Report(false, null, 0, fault, List.of()) : ask(provider, start);
        } catch (IOException e) {
            return new Report(false, null, since(start), reason(e), List.of());
        } finally {
            provider.retire();
        }
    }

    private Report ask(Provider provider, long start) throws IOException {
        HeaderFields headers = HeaderFields.of("Accept", "application/json");
        UpstreamRequest request = new UpstreamRequest("GET", "/models", false, null, headers, RequestBody.NONE);
        try (ProviderCall call = provider.call(request)) {
            int status = call.execute().status();
            byte[] body = call.body().readNBytes(LARGEST);
            if (status < 200 || status > 299) {
                return new Report(false, status, since(start), advice(status), List.of());
            }
            List<String> found = models.apply(body);
            String message = found.isEmpty() ? "answers, but lists no models" : "lists " + found.size() + " models";
            return new Report(true, status, since(start), message, found);
        }
    }

    /** Not the provider's own text: it may quote the credential. */
    private static String advice(int status) {
        return switch (status) {
            case 401, 403 -> "answered " + status + ": it does not accept the credential";
            case 404 -> "answered 404: the base URL is probably wrong; does it have to end in /v1?";
            case 429 -> "answered 429: reachable, but at its rate limit or out of credit";
            default -> "answered " + status;
        };
    }

    private static String reason(IOException e) {
        return e instanceof UpstreamException && e.getMessage() != null ? e.getMessage() : "the answer broke off";
    }

    private static long since(long start) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }

    private static ProviderAccount hurried(ProviderAccount p) {
        ProviderTimeouts t = p.timeouts();
        ProviderTimeouts timeouts =
                new ProviderTimeouts(capped(t.connect()), capped(t.firstByte()), capped(t.idle()), PATIENCE);
        return p.within(timeouts);
    }

    private static Duration capped(Duration duration) {
        return duration.compareTo(PATIENCE) > 0 ? PATIENCE : duration;
    }
}
