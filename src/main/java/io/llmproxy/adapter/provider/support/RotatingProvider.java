package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.CredentialState;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamConnections;
import io.llmproxy.port.UpstreamException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A provider of an account with several credentials, each with its own connections. A call takes one of them by lot; where the provider
 * refuses it (401, 403, 429), the credential rests for a while and the call goes out once more with the next, of which the client sees
 * nothing. Where all have refused, the last answer is the client's. A 403 may be about the request: the credential rests only where
 * another one was let in with it, or the answer says that it is the credential. Thread-safe.
 */
public final class RotatingProvider implements Provider {
    private static final int FORBIDDEN = 403;

    private final ProviderAccount account;
    private final List<CredentialTurn> turns;
    private final InstantSource clock;

    private record Doubted(CredentialTurn turn, ProviderCall.Head head) {}

    /** A credential's name, and the account with that one alone. */
    public record Member(String name, Provider provider) {}

    /** @param members at least one */
    public RotatingProvider(ProviderAccount account, List<Member> members, InstantSource clock) {
        this.account = account;
        this.clock = clock;
        this.turns = members.stream()
                .map(m -> new CredentialTurn(account.name(), m.name(), m.provider()))
                .toList();
    }

    @Override
    public ProviderAccount account() {
        return account;
    }

    /** That of the first where none can be used. */
    @Override
    public @Nullable String fault() {
        String first = null;
        for (CredentialTurn turn : turns) {
            String fault = turn.provider().fault();
            if (fault == null) {
                return null;
            }
            first = first == null ? fault : first;
        }
        return first;
    }

    @Override
    public UpstreamConnections connections() {
        return turns.stream()
                .map(turn -> turn.provider().connections())
                .reduce(UpstreamConnections.NONE, UpstreamConnections::plus);
    }

    @Override
    public boolean outdated() {
        // each one looks, since a change counts when two looks in a row see it
        boolean changed = false;
        for (CredentialTurn turn : turns) {
            changed |= turn.provider().outdated();
        }
        return changed;
    }

    @Override
    public List<CredentialState> credentials() {
        long now = System.nanoTime();
        return turns.stream().map(turn -> turn.state(now)).toList();
    }

    @Override
    public ProviderCall call(UpstreamRequest request) {
        return new Call(request, order());
    }

    @Override
    public void retire() {
        turns.forEach(turn -> turn.provider().retire());
    }

    /** Those that may be used, from one by lot on; where all rest, the one that may be used again soonest. */
    private List<CredentialTurn> order() {
        long now = System.nanoTime();
        List<CredentialTurn> ready = new ArrayList<>(turns.size());
        int first = ThreadLocalRandom.current().nextInt(turns.size());
        for (int i = 0; i < turns.size(); i++) {
            CredentialTurn turn = turns.get((first + i) % turns.size());
            if (turn.provider().fault() == null && turn.resting(now) == 0) {
                ready.add(turn);
            }
        }
        return ready.isEmpty() ? List.of(soonest(now)) : ready;
    }

    private CredentialTurn soonest(long now) {
        return turns.stream()
                .filter(turn -> turn.provider().fault() == null)
                .min(Comparator.comparingLong(turn -> turn.resting(now)))
                .orElse(turns.getFirst());
    }

    private final class Call implements ProviderCall {
        private final UpstreamRequest request;
        private final List<CredentialTurn> left;
        /** Those that were forbidden what all may be forbidden: the model, the region, the content. */
        private final List<Doubted> doubted = new ArrayList<>(0);

        private final CurrentCall current = new CurrentCall();

        Call(UpstreamRequest request, List<CredentialTurn> left) {
            this.request = request;
            this.left = left;
        }

        @Override
        public Head execute() throws UpstreamException {
            for (int i = 0; ; i++) {
                CredentialTurn turn = left.get(i);
                ProviderCall call = current.begin(turn.provider().call(request));
                Head head = call.execute();
                if (!CredentialTurn.refused(head.status())) {
                    turn.accepted();
                    blamed();
                    return head;
                }
                boolean last = i == left.size() - 1;
                if (head.status() != FORBIDDEN || !last && ForbiddenCredential.blames(head, call)) {
                    turn.rest(head, clock.instant());
                } else {
                    doubted.add(new Doubted(turn, head));
                }
                if (last) {
                    return head;
                }
                call.close();
            }
        }

        /** What another credential may, was forbidden to those before it. */
        private void blamed() {
            if (!doubted.isEmpty()) {
                doubted.forEach(one -> one.turn.rest(one.head, clock.instant()));
            }
        }

        @Override
        public boolean sent() {
            return current.sent();
        }

        @Override
        public InputStream body() {
            return current.get().body();
        }

        @Override
        public HeaderFields trailers() {
            return current.get().trailers();
        }

        @Override
        public void cancel() {
            current.cancel();
        }

        @Override
        public void close() {
            current.close();
        }
    }
}
