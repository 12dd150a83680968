package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.Credentials;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.HeaderPolicy;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.scan.Splice;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Calls the provider and copies its answer to the client as it comes.
 *
 * <p>Three parties can end the exchange: the provider, by ending or breaking off; the client, by going away, which the watch tells
 * while nothing is written and a failing write tells otherwise; and the appliance, by a cut. The last two cancel the call, which
 * shows here as a failed read, so a failure is judged by who was first: a cut, then the client, then the provider. The head goes
 * out at once, since there is no other target; from then on a failure can only break the answer off.
 */
public final class Forward implements Stage {
    private final boolean queryKey;

    /** @param queryKey whether a client's key may stand in the query, from which it is then taken out */
    public Forward(boolean queryKey) {
        this.queryKey = queryKey;
    }

    @Override
    public void handle(Exchange x, Next next) {
        attempt(x, x.plan().getFirst());
    }

    private void attempt(Exchange x, Target target) {
        x.tally().target(target);
        if (target.provider().fault() != null) {
            throw Refusals.unavailable(
                    Failures.of(target) + " is not ready to be called; its operator can see why in `provider show`.");
        }
        AtomicBoolean gone = new AtomicBoolean();
        try (ProviderCall call = target.provider().call(request(x, target))) {
            x.onCut(call::cancel);
            if (x.cutReason() != null) {
                throw new ProxyException(x.cutReason());
            }
            x.tally().attempt(x.elapsed(System.nanoTime()));
            try (ClientRequest.Watch _ = x.request().watch(() -> {
                gone.set(true);
                call.cancel();
            })) {
                relay(x, call);
            }
        } catch (IOException e) {
            throw failure(x, target, gone.get(), e);
        } finally {
            x.clearOnCut();
        }
    }

    private static RuntimeException failure(Exchange x, Target target, boolean gone, IOException e) {
        ProxyError cut = x.cutReason();
        if (cut != null) {
            return new ProxyException(cut);
        }
        boolean left = gone || e instanceof UpstreamException u && u.kind() == UpstreamException.Kind.CANCELLED;
        return left ? new ClientGoneException() : new ProxyException(Failures.error(target, e));
    }

    private Provider.UpstreamRequest request(Exchange x, Target target) {
        ClientRequest request = x.request();
        return new Provider.UpstreamRequest(
                request.method(),
                target.path(),
                target.passthrough(),
                Credentials.cleaned(x.query(), queryKey),
                HeaderPolicy.toProvider(request.headers(), x.plainWanted()),
                x.body().with(splices(x, target)));
    }

    private static List<Splice> splices(Exchange x, Target target) {
        String model = target.model();
        var written = x.ask().modelValue();
        boolean same = model == null || written == null || model.equals(x.ask().model());
        if (same && !x.usageWanted()) {
            return List.of();
        }
        List<Splice> changes = new ArrayList<>();
        if (model != null && written != null && !same) {
            changes.add(written.replacedBy(model));
        }
        if (x.usageWanted()) {
            changes.addAll(x.ask().usageInStream());
        }
        return changes;
    }

    private static void relay(Exchange x, ProviderCall call) throws IOException {
        ProviderCall.Head head = call.execute();
        x.tally().upstreamRequestId(Records.upstreamId(head.headers()));
        Answer answer = Answer.of(x, head);
        HeaderFields headers = AnswerHeaders.own(x, answer.headers());
        try {
            x.sink().head(head.status(), headers, answer.length());
            x.tally().status(head.status());
            if (answer.hasBody() && answer.streaming()) {
                // a first event may be long in coming; a body of known length is not, and shares one write with its
                // head
                x.sink().flush();
            }
        } catch (IOException e) {
            throw new ClientGoneException();
        }
        if (answer.hasBody()) {
            answer.copy(call.body(), x.sink());
            x.trailers(call.trailers());
        }
    }
}
