package io.llmproxy.gateway.stage;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.model.ProviderApi;
import io.llmproxy.gateway.Api;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.ClientPath;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.Credentials;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.HeaderPolicy;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.gateway.resilience.RetryAfter;
import io.llmproxy.gateway.resilience.TargetHealth;
import io.llmproxy.gateway.scan.Splice;
import io.llmproxy.gateway.stage.HeldAnswer.Beginning;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.Tracing.AttemptSpan;
import io.llmproxy.port.Tracing.RequestSpan;
import io.llmproxy.port.UpstreamException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One call of one target: sends the request and copies the answer to the client as it comes.
 *
 * <p>Three parties can end it: the provider, by ending or breaking off; the client, by going away, which the watch tells while nothing
 * is written and a failing write tells otherwise; and the appliance, by a cut. The last two cancel the call, which shows here as a
 * failed read, so a failure is judged by who was first: a cut, then the client, then the provider. What fails before the client has seen
 * anything is a {@link Failure}; after that a failure can only break the answer off.
 */
final class TargetCall {
    private static final Logger LOG = System.getLogger(TargetCall.class.getName());

    private final Exchange x;
    private final Target target;
    private final TargetHealth health;
    private final HealthBoard board;
    private final boolean queryKey;
    private final @Nullable Course course;
    private long began;
    private @Nullable AttemptSpan span;
    private boolean answered;
    private boolean sent;
    private volatile boolean gone;

    /** @param course where another call may follow; null: this is the only one */
    TargetCall(
            Exchange x,
            Target target,
            TargetHealth health,
            HealthBoard board,
            boolean queryKey,
            @Nullable Course course) {
        this.x = x;
        this.target = target;
        this.health = health;
        this.board = board;
        this.queryKey = queryKey;
        this.course = course;
    }

    /** Null where the client got an answer, whatever that was. */
    @Nullable
    Failure run() {
        x.tally().target(target);
        RequestSpan traced = x.span();
        return traced == null ? called() : called(traced);
    }

    /** The same, and a collector of traces hears of it. */
    private @Nullable Failure called(RequestSpan traced) {
        AttemptSpan own = traced.attempt(target.provider().account(), target.model());
        span = own;
        try {
            Failure failure = called();
            if (failure != null) {
                own.failed(failure.reason());
            }
            return failure;
        } catch (ProxyException e) {
            own.failed(e.error().code());
            throw e;
        } catch (ClientGoneException e) {
            own.failed("client_gone");
            throw e;
        } finally {
            own.end();
        }
    }

    private @Nullable Failure called() {
        try (ProviderCall call = target.provider().call(request())) {
            x.onCut(call::cancel);
            if (x.cutReason() != null) {
                throw new ProxyException(x.cutReason());
            }
            long now = System.nanoTime();
            began = board.at(now);
            x.tally().attempt(x.elapsed(now));
            try (ClientRequest.Watch _ = x.request().watch(() -> {
                gone = true;
                call.cancel();
            })) {
                return relay(call);
            }
        } catch (IOException e) {
            return failure(e);
        } finally {
            x.clearOnCut();
        }
    }

    private Failure failure(IOException e) {
        ProxyError cut = x.cutReason();
        if (sent && (cut != null || gone)) {
            x.tally().givenUpUnanswered();
        }
        if (cut != null) {
            throw new ProxyException(cut);
        }
        if (gone || e instanceof UpstreamException u && u.kind() == UpstreamException.Kind.CANCELLED) {
            throw new ClientGoneException();
        }
        Failure failure =
                Failure.of(e, Failures.error(target, e), x.persistence().afterTimeout());
        if (failure.ofTarget()) {
            failed(failure.text(), failure.aboutEverybody());
        }
        if (answered) {
            throw new ProxyException(failure.error());
        }
        return failure;
    }

    private Provider.UpstreamRequest request() {
        ClientRequest request = x.request();
        return new Provider.UpstreamRequest(
                request.method(),
                path(),
                target.passthrough(),
                Credentials.cleaned(query(), queryKey),
                headers(),
                x.body().with(splices()).followedBy(HeaderPolicy.trailersToProvider(request.trailers())),
                target.model(),
                x.principal().tenant().id());
    }

    private HeaderFields headers() {
        HeaderFields headers = HeaderPolicy.toProvider(x.request().headers(), x.plainWanted());
        if (x.body().decoded()) {
            headers.remove("content-encoding"); // said again by who sends the coded body
        }
        if (span != null) {
            span.carry(headers);
        }
        return headers;
    }

    private List<Splice> splices() {
        List<Splice> model = x.ask().saying(target.model());
        List<Splice> usage = x.usageWanted() ? x.ask().usageInStream() : List.of();
        List<Splice> ids = signs() ? List.of() : x.ask().plainCallIds();
        List<Splice> redactions = x.redactions(target.providerName());
        boolean inside = !redactions.isEmpty() || !ids.isEmpty();
        if (usage.isEmpty() && !inside) {
            return model;
        }
        if (model.isEmpty() && !inside) {
            return usage;
        }
        List<Splice> changes = new ArrayList<>(redactions);
        changes.addAll(model);
        changes.addAll(usage);
        // a client may call anything so, its model too
        changes.addAll(Splice.beside(ids, List.copyOf(changes)));
        return changes;
    }

    /** Whether it is asked with the signatures of calls that it may have made, or with the body as it is. */
    private boolean signs() {
        return target.passthrough() || target.provider().account().kind().api() == ProviderApi.GEMINI;
    }

    /** The version of Azure's API means nothing to others. */
    private @Nullable String query() {
        boolean azure = target.provider().account().kind().word().equals("azure");
        return x.api() != Api.AZURE || azure ? x.query() : Credentials.without(x.query(), "api-version");
    }

    /** Where the path names the model, it names the one that the target is asked for. */
    private String path() {
        ClientPath asked = x.clientPath();
        String model = target.model();
        if (asked == null || asked.api() != Api.GEMINI || asked.written() == null || model == null) {
            return target.path();
        }
        return model.equals(x.ask().model()) ? target.path() : ClientPath.withModel(target.path(), model);
    }

    private @Nullable Failure relay(ProviderCall call) throws IOException {
        ProviderCall.Head head = executed(call);
        String upstreamId = Records.upstreamId(head.headers());
        x.tally().upstreamRequestId(upstreamId);
        if (span != null) {
            span.answered(head.status(), upstreamId);
        }
        Failure failing = judged(head);
        if (failing != null && course != null && course.follows(failing)) {
            return failing;
        }
        Answer answer = Answer.of(x, head);
        HeaderFields headers = AnswerHeaders.own(x, answer.headers());
        InputStream body = answer.hasBody() ? answer.opened(call.body()) : InputStream.nullInputStream();
        if (TooLong.possible(head.status()) && course != null && course.mayWiden()) {
            TooLong told = TooLong.of(body);
            Failure tooLong = Failure.tooLong(head.status(), Failures.answered(target, head.status()));
            if (told.said() && course.follows(tooLong)) {
                return tooLong;
            }
            body = told.body();
        }
        if (failing == null && course != null && course.mayFollow() && (answer.hasBody() || structured(head))) {
            Failure failure = heldBeginning(answer, head, headers, body);
            if (failure != null) {
                failed(failure.text(), false);
                return failure;
            }
        } else {
            begin(answer, head.status(), headers);
        }
        if (answer.hasBody()) {
            answer.copy(body, x.sink());
            x.trailers(call.trailers());
        }
        return null;
    }

    private ProviderCall.Head executed(ProviderCall call) throws IOException {
        try {
            ProviderCall.Head head = call.execute();
            sent = head.status() < 300;
            return head;
        } catch (IOException e) {
            sent = call.sent();
            throw e;
        }
    }

    /** Tells the board how the head looks; null where it is not one that another target might better. */
    private @Nullable Failure judged(ProviderCall.Head head) {
        int status = head.status();
        long now = board.now();
        if (Failure.broken(status)) {
            failed("answered " + status, Failure.aboutEverybody(status));
        } else {
            if (health.success(blamed())) {
                LOG.log(Level.INFO, () -> "event 6302: " + Failures.of(target) + " answers again");
            }
            if (status < 300) {
                health.answered(x.ask().stream(), now, now - began);
            }
        }
        if (!Failure.passable(status)) {
            return null;
        }
        long wait = RetryAfter.of(head.headers(), x.startedAt()).toNanos();
        if (wait > 0) {
            health.rest(now, wait);
        }
        return Failure.status(status, Failures.answered(target, status), wait);
    }

    private @Nullable UUID blamed() {
        return HealthBoard.blamed(target.provider(), x.principal().tenant().id());
    }

    /** @param everybody whether it says something to all who share the provider, and not only to whoever sent the request */
    private void failed(String why, boolean everybody) {
        UUID tenant = everybody ? null : blamed();
        long now = board.now();
        if (tenant == null ? health.failure(now, why) : health.failure(tenant, now, why)) {
            LOG.log(
                    Level.WARNING,
                    () -> "event 6301: " + Failures.of(target) + " fails and is left alone for a while"
                            + (tenant == null
                                    ? ""
                                    : " by tenant "
                                            + Checks.quoted(
                                                    x.principal().tenant().slug()))
                            + "; its last call " + why);
        }
    }

    private void begin(Answer answer, int status, HeaderFields headers) {
        try {
            answered = true;
            x.sink().head(status, headers, answer.length());
            x.tally().status(status);
            if (answer.hasBody() && answer.streaming()) {
                // a first event may be long in coming; a body of known length is not, and shares one write with its
                // head
                x.sink().flush();
            }
        } catch (IOException e) {
            throw new ClientGoneException();
        }
    }

    /** Whether a good answer has to be JSON or a stream of it. */
    private boolean structured(ProviderCall.Head head) {
        return head.status() / 100 == 2
                && x.request().method().equals("POST")
                && x.endpoint().answersJson();
    }

    /** The head waits for the first content; the failure where the answer is none, and the client has seen nothing of it. */
    private @Nullable Failure heldBeginning(
            Answer answer, ProviderCall.Head head, HeaderFields headers, InputStream body) throws IOException {
        boolean structured = structured(head);
        if (structured && answer.hasBody() && answer.foreign()) {
            return failure(Beginning.UNREADABLE);
        }
        try (HeldAnswer held = new HeldAnswer(x, answer, head.status(), headers, structured)) {
            try {
                return failure(held.copyBeginning(body));
            } finally {
                answered = held.out();
            }
        }
    }

    private @Nullable Failure failure(Beginning beginning) {
        return switch (beginning) {
            case OUT -> null;
            case FAILED -> Failure.stream(Failures.streamError(target));
            case UNREADABLE -> Failure.unreadable(Failures.unreadable(target));
            case EMPTY -> Failure.empty(Failures.empty(target));
        };
    }
}
