package io.llmproxy.adapter.provider.azure;

import io.llmproxy.adapter.provider.support.CredentialRedactor;
import io.llmproxy.adapter.provider.support.Login;
import io.llmproxy.adapter.provider.support.OperatorFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Logs in with tokens of Entra ID. A virtual thread fetches them and renews each well before its end, so that no request waits but
 * for the very first token. While renewing fails the token at hand is used to its end; after that the provider has a fault that says
 * why. Thread-safe.
 */
public final class EntraLogin implements Login {
    private static final Logger LOG = System.getLogger(EntraLogin.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Duration MARGIN = Duration.ofMinutes(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    private static final int MOST_DOUBLINGS = 6;

    private final ProviderAccount account;
    private final EntraTokens tokens;
    private final CompletableFuture<State> first = new CompletableFuture<>();
    private final Thread renewer;
    private volatile @Nullable State state;
    private volatile boolean retired;
    private long validUntil = System.nanoTime();
    private int failures;

    private EntraLogin(ProviderAccount account, EntraTokens tokens) {
        this.account = account;
        this.tokens = tokens;
        this.renewer = Thread.ofVirtual().name("entra-" + account.name()).unstarted(this::renewAgainAndAgain);
    }

    /** Begins to fetch the first token. */
    public static EntraLogin start(ProviderAccount account, EntraTokens tokens) {
        EntraLogin login = new EntraLogin(account, tokens);
        login.renewer.start();
        return login;
    }

    private void renewAgainAndAgain() {
        while (!retired) {
            Duration pause = renew();
            if (!retired) {
                LockSupport.parkNanos(this, pause.toNanos());
            }
        }
        tokens.close();
    }

    /** How long to wait until the next one. */
    private Duration renew() {
        try {
            EntraTokens.Token token = tokens.fetch();
            validUntil = System.nanoTime() + token.life().toNanos();
            failures = 0;
            Secret value = token.value();
            hold(new State(
                    OperatorFields.fixed(account, "Authorization", "Bearer ", value),
                    new CredentialRedactor(value),
                    null));
            Duration half = token.life().dividedBy(2);
            return MARGIN.compareTo(half) < 0 ? token.life().minus(MARGIN) : half;
        } catch (IOException e) {
            failed(Objects.requireNonNullElse(e.getMessage(), "the answer broke off"));
            Duration pause = Duration.ofSeconds(1L << Math.min(failures - 1, MOST_DOUBLINGS));
            return pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
        }
    }

    private void failed(String why) {
        if (retired) {
            return;
        }
        if (failures++ == 0) {
            LOG.log(
                    Level.WARNING,
                    () -> "event 6311: provider `" + account.name() + "` gets no token of Entra ID: " + why);
        }
        if (System.nanoTime() - validUntil >= 0) {
            hold(new State(new io.llmproxy.domain.HeaderFields(), null, "it gets no token of Entra ID: " + why));
        }
    }

    private void hold(State now) {
        state = now;
        first.complete(now);
    }

    @Override
    public @Nullable State now() {
        return state;
    }

    @Override
    public State await() throws UpstreamException {
        try {
            first.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return Objects.requireNonNull(state);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw waited(e);
        } catch (ExecutionException | TimeoutException e) {
            throw waited(e);
        }
    }

    private UpstreamException waited(Exception e) {
        String text = "provider `" + account.name() + "` has waited in vain for a token of Entra ID";
        return new UpstreamException(Kind.CONNECT, text, e);
    }

    @Override
    public void retire() {
        retired = true;
        LockSupport.unpark(renewer);
    }
}
