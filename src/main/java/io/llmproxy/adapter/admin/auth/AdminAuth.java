package io.llmproxy.adapter.admin.auth;

import io.llmproxy.admin.Grant;
import io.llmproxy.runtime.Periodic;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.jose4j.keys.resolvers.HttpsJwksVerificationKeyResolver;
import org.jose4j.keys.resolvers.JwksVerificationKeyResolver;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * Who a bearer token is of. Its files are read again whenever they change: a token that is taken out is refused from then on, on
 * connections that stand too. Files that cannot be used leave what they held before in force, and are a {@link #fault} until they are
 * right again. Thread-safe.
 */
public final class AdminAuth implements AutoCloseable {
    private static final Logger LOG = System.getLogger(AdminAuth.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(2);

    private final AuthSettings settings;
    private final InstantSource clock;
    private final @Nullable RemoteKeys remote;
    private final Periodic watcher;
    private final AtomicLong refused = new AtomicLong();
    private volatile Known known;
    private volatile @Nullable String unusable;
    // of who holds the monitor
    private boolean told;

    /** What the files held when they were read. */
    private record Known(
            TokensFile tokens, String keys, @Nullable JwtVerifier verifier) {
        boolean same(Known other) {
            return tokens.same(other.tokens) && keys.equals(other.keys);
        }
    }

    private AdminAuth(AuthSettings settings, Supplier<SSLSocketFactory> tls, InstantSource clock) throws AuthFault {
        this.settings = settings;
        this.clock = clock;
        AuthSettings.Jwt jwt = settings.jwt();
        this.remote =
                jwt == null || jwt.keysUrl() == null ? null : new RemoteKeys(jwt.keysUrl(), tls, System::nanoTime);
        this.known = read();
        this.watcher = new Periodic(
                Thread.ofVirtual().name("admin-auth-files"),
                PERIOD,
                this::round,
                "whether the files of admin.auth have changed cannot be told; tried again");
    }

    /**
     * @param tls for the issuer's keys
     * @throws AuthFault where the files cannot be used; an issuer that does not answer is a {@link #fault} alone
     */
    public static AdminAuth open(AuthSettings settings, Supplier<SSLSocketFactory> tls, InstantSource clock)
            throws AuthFault {
        AdminAuth auth = new AdminAuth(settings, tls, clock);
        if (settings.any()) {
            auth.watcher.start();
        }
        return auth;
    }

    /** Whether anybody can be known; else there is no administration over TCP. */
    public boolean configured() {
        return settings.any();
    }

    /**
     * Blocks where an issuer's keys must be fetched.
     *
     * @param address who shows it, for the log
     * @return null: nobody's, for whatever reason; the log has it
     */
    public @Nullable Grant grant(String token, String address) {
        Known now = known;
        Grant grant = now.tokens().find(token, clock.instant());
        if (grant != null) {
            return grant;
        }
        JwtVerifier verifier = now.verifier();
        String why = "no token of that kind is known";
        if (verifier != null && JwtVerifier.wellFormed(token)) {
            try {
                return verifier.verify(token, clock.instant());
            } catch (JwtRefused e) {
                why = "its JWT is not accepted: " + e.getMessage();
            }
        }
        refused(address, why);
        return null;
    }

    /** Counts and tells of a caller that is refused; the log holds back what is told too often. */
    public void refused(String address, String why) {
        refused.incrementAndGet();
        LOG.log(
                Level.WARNING,
                "event 6006: a caller of the admin API over TCP was refused: " + why + "; from " + address);
    }

    /** How many callers were refused. */
    public long refusals() {
        return refused.get();
    }

    /** What is wrong with the files or the issuer; null: nothing. */
    public @Nullable String fault() {
        String broken = unusable;
        return broken != null || remote == null ? broken : remote.fault();
    }

    /**
     * Looks at the files now.
     *
     * @return why they cannot be used, so that what they held before stays in force; null: what they hold is in force
     */
    public synchronized @Nullable String reload() {
        refresh();
        String fault = unusable;
        if (fault != null) {
            tell(fault);
        }
        return fault;
    }

    private void round() {
        refresh();
        prefetch();
    }

    private synchronized void refresh() {
        try {
            Known found = read();
            if (!found.same(known)) {
                known = found;
                LOG.log(
                        Level.INFO,
                        "event 6007: who may administer over TCP was read anew: "
                                + (settings.tokens() == null
                                        ? "the issuer's keys"
                                        : found.tokens().lines().size() + " tokens"));
            }
            if (told) {
                LOG.log(Level.INFO, "event 6009: the files of admin.auth can be used again");
            }
            unusable = null;
            told = false;
        } catch (AuthFault e) {
            String fault = "who could administer over TCP before still can: " + e.getMessage();
            // a file may be half written: what is wrong for a moment only is no word in the log
            if (fault.equals(unusable)) {
                tell(fault);
            } else {
                unusable = fault;
                told = false;
            }
        }
    }

    private void tell(String fault) {
        if (!told) {
            told = true;
            LOG.log(Level.WARNING, "event 6008: " + fault);
        }
    }

    private Known read() throws AuthFault {
        Path file = settings.tokens();
        TokensFile tokens = file == null ? TokensFile.NONE : TokensFile.read(file);
        AuthSettings.Jwt jwt = settings.jwt();
        if (jwt == null) {
            return new Known(tokens, "", null);
        }
        if (remote != null) {
            return new Known(tokens, "", new JwtVerifier(jwt, new HttpsJwksVerificationKeyResolver(remote.cache())));
        }
        Path keys = jwt.keys();
        if (keys == null) {
            throw new AuthFault("admin.auth.jwt: has neither keys-file nor keys-url");
        }
        String json = AuthFile.read("admin.auth.jwt.keys-file", keys, false);
        return new Known(
                tokens,
                json,
                new JwtVerifier(
                        jwt, new JwksVerificationKeyResolver(JwtKeys.parse("admin.auth.jwt.keys-file " + keys, json))));
    }

    /** So that the first caller need not wait, and an issuer that is away is seen before anybody calls. */
    private void prefetch() {
        if (remote != null) {
            try {
                remote.cache().getJsonWebKeys();
            } catch (IOException | JoseException e) {
                LOG.log(Level.DEBUG, "the issuer''s keys cannot be had: {0}", remote.fault());
            }
        }
    }

    @Override
    public void close() {
        watcher.close();
    }
}
