package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyError.Unauthenticated.Kind;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.Principal;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.InFlight;
import io.llmproxy.gateway.KeyRing;
import io.llmproxy.gateway.LastUse;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import io.llmproxy.runtime.Snapshots;
import java.time.Instant;
import java.util.List;

/** Finds the principal of the key, from headers, the connection's certificate and memory alone, and whether the key may be used now and from here. */
public final class Authenticate implements Stage {
    private final KeyRing keys;
    private final Snapshots snapshots;
    private final LastUse lastUse;

    public Authenticate(KeyRing keys, Snapshots snapshots, LastUse lastUse) {
        this.keys = keys;
        this.snapshots = snapshots;
        this.lastUse = lastUse;
    }

    @Override
    public void handle(Exchange x, Next next) {
        Instant now = x.startedAt();
        RuntimeSnapshot snapshot = snapshots.current();
        KeyEntry entry = keys.opened(x.request(), snapshot, now);
        x.authenticated(entry);
        check(entry.principal(), x.request().clientAddress(), now);
        // whoever published a newer state may have gone through the running exchanges before this one was known to be
        // the key's
        InFlight.judge(x, snapshots.current());
        lastUse.note(entry.principal().key().id(), now);
        next.handle(x);
    }

    /** @throws ProxyException where the key may not be used now and from there */
    static void check(Principal principal, byte[] address, Instant now) {
        boolean userDisabled = principal.user() != null && !principal.user().enabled();
        if (principal.key().revoked() || userDisabled) {
            throw Refusals.unauthenticated(Kind.REVOKED);
        }
        if (principal.key().expired(now)) {
            throw Refusals.unauthenticated(Kind.EXPIRED);
        }
        if (!principal.tenant().status().active()) {
            throw new ProxyException(Refusals.tenantSuspended());
        }
        List<Cidr> cidrs = principal.key().scope().cidrs();
        if (!cidrs.isEmpty() && cidrs.stream().noneMatch(c -> c.contains(address))) {
            throw Refusals.addressNotAllowed();
        }
    }
}
