package io.llmproxy.gateway.stage;

import io.llmproxy.domain.LongWork;
import io.llmproxy.domain.privacy.Redaction;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.privacy.Redactors;
import io.llmproxy.gateway.privacy.RequestRedaction;
import io.llmproxy.gateway.privacy.Vault;
import io.llmproxy.gateway.scan.MalformedException;
import io.llmproxy.port.Telemetry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;

/**
 * For tenants who want that: takes private text out of what a provider gets, and with a vault puts it back into the answer. The body
 * that the client sent stays as it is; what changes is kept beside it, for the targets that are concerned.
 */
public final class Redact implements Stage {
    private static final int MEGABYTE = 1024 * 1024;
    /** Bodies of more than a megabyte are in memory for this, so many megabytes of them at a time. */
    private static final int MOST_MEGABYTES = 64;
    /** What a provider has kept of earlier requests has placeholders of its own, which must not be taken for new ones. */
    private static final List<String> EARLIER = List.of("\"previous_response_id\"", "\"conversation\"");

    private static final int FIRST_OF_LATER = 100_000;

    private final Redactors redactors;
    private final Telemetry telemetry;
    private final Semaphore megabytes = new Semaphore(MOST_MEGABYTES, true);

    public Redact(Redactors redactors, Telemetry telemetry) {
        this.redactors = redactors;
        this.telemetry = telemetry;
    }

    @Override
    public void handle(Exchange x, Next next) {
        Redaction rule = x.tenant().tenant().settings().redaction();
        if (!rule.on() || x.plan().stream().noneMatch(t -> rule.concerns(t.providerName()))) {
            next.handle(x);
            return;
        }
        RequestRedaction found = read(x, rule);
        x.redacted(rule, found);
        found.counts().forEach(telemetry::redacted);
        Vault vault = found.vault();
        if (vault == null) {
            next.handle(x);
        } else {
            restoring(x, vault, next);
        }
    }

    private static void restoring(Exchange x, Vault vault, Next next) {
        x.wantPlain();
        boolean bodiless = x.request().method().equals("HEAD");
        new RestoringSink(x.sink(), vault, bodiless).between(x, next);
    }

    private RequestRedaction read(Exchange x, Redaction rule) {
        long length = x.body().with(List.of()).length();
        if (length == 0) {
            return RequestRedaction.NONE;
        }
        String type = x.request().headers().first("content-type").orElse("").toLowerCase(Locale.ROOT);
        if (type.startsWith("multipart/") || length > Integer.MAX_VALUE - 8) {
            return unread(rule);
        }
        int permits = (int) Math.min(MOST_MEGABYTES, length / MEGABYTE);
        megabytes.acquireUninterruptibly(permits);
        try (InputStream in = x.body().open()) {
            byte[] body = in.readAllBytes();
            return LongWork.on(
                    body.length, () -> RequestRedaction.of(body, redactors.of(rule), rule.mode(), first(rule, body)));
        } catch (MalformedException e) {
            return unread(rule);
        } catch (IOException e) {
            throw new UncheckedIOException("reading back a spooled request body failed", e);
        } finally {
            megabytes.release(permits);
        }
    }

    private static int first(Redaction rule, byte[] body) {
        if (rule.mode() != Redaction.Mode.VAULT) {
            return 1;
        }
        String text = new String(body, StandardCharsets.ISO_8859_1);
        return EARLIER.stream().anyMatch(text::contains)
                ? ThreadLocalRandom.current().nextInt(FIRST_OF_LATER, 10 * FIRST_OF_LATER)
                : 1;
    }

    private static RequestRedaction unread(Redaction rule) {
        if (rule.strict()) {
            throw Refusals.notRedactable();
        }
        return RequestRedaction.NONE;
    }
}
