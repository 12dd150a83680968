package io.llmproxy.admin;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
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
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tries a provider out: asks it for its models, over a connection of its own, within a few seconds. */
public final class ProviderTester {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LARGEST = 4 << 20;
    private static final int MOST_NAMED = 10;
    private final ProviderFactory factory;
    private final Function<byte[], Optional<List<String>>> models;

    /** @param models reads the ids out of a model list; empty where the body is none */
    public ProviderTester(ProviderFactory factory, Function<byte[], Optional<List<String>>> models) {
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
        ProviderKind kind = provider.account().kind();
        UpstreamRequest request =
                new UpstreamRequest("GET", kind.checkPath(), false, kind.modelsQuery(), headers, RequestBody.NONE);
        try (ProviderCall call = provider.call(request)) {
            ProviderCall.Head head = call.execute();
            int status = head.status();
            byte[] body = call.body().readNBytes(LARGEST);
            if (status < 200 || status > 299) {
                return new Report(false, status, since(start), advice(provider.account(), status), List.of());
            }
            if (!kind.knownModels().isEmpty()) {
                String said = "answers, and gives no list of its models" + undeclared(provider.account());
                return new Report(true, status, since(start), said, kind.knownModels());
            }
            Optional<List<String>> found = models.apply(body);
            if (found.isEmpty()) {
                String fault = "answered " + status + " with " + instead(head, body)
                        + " and no list of models: the base URL is probably wrong; " + kind.baseUrlRule();
                return new Report(false, status, since(start), fault, List.of());
            }
            return new Report(true, status, since(start), seen(provider.account(), found.get()), found.get());
        }
    }

    /** What came in the place of a list: what is no API answers 200 as well. */
    private static String instead(ProviderCall.Head head, byte[] body) {
        String type = head.headers().first("content-type").orElse("").toLowerCase(Locale.ROOT);
        if (body.length == 0) {
            return "an empty body";
        }
        return type.startsWith("text/html")
                ? "a web page"
                : type.startsWith("text/event-stream") ? "a stream of events" : "something else";
    }

    /** With what is declared and not there, but for types whose lists name other things than what is called. */
    private static String seen(ProviderAccount account, List<String> found) {
        if (found.isEmpty()) {
            return "answers, but lists no models";
        }
        String text = "lists " + found.size() + (found.size() == 1 ? " model" : " models");
        if (account.kind().listsOthersToo()) {
            return text;
        }
        String missing = account.models().stream()
                .filter(Glob::exact)
                .map(Glob::pattern)
                .filter(name -> !found.contains(name))
                .limit(MOST_NAMED)
                .collect(Collectors.joining(", "));
        return (missing.isEmpty() ? text : text + "; declared, but not among them: " + missing) + undeclared(account);
    }

    /** How models that only this seller has can be reached by their names alone; nothing where that was settled. */
    private static String undeclared(ProviderAccount account) {
        List<String> own = account.kind().ownModels();
        return own.isEmpty() || !account.models().isEmpty()
                ? ""
                : "; none is declared, so that they are " + account.name()
                        + "/MODEL unless it is the default provider: --models '" + String.join(",", own)
                        + "' declares its own";
    }

    /** Not the provider's own text: it may quote the credential. */
    private static String advice(ProviderAccount account, int status) {
        String rule = account.kind().baseUrlRule();
        return switch (status) {
            case 401, 403 -> "answered " + status + ": it does not accept the credential";
            case 404 -> "answered 404: the base URL is probably wrong; " + rule;
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
