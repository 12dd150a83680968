package io.llmproxy.gateway.limit;

import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.runtime.LimitTable;
import io.llmproxy.runtime.Limits;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Which clients' addresses go into the ledger: personal data, and so only those that a limit cannot do without. */
public final class KeptAddress {
    private KeptAddress() {}

    /** Null where no limit of an hour and longer counts the address that the request comes from. */
    public static @Nullable String of(ClientRequest request, UUID tenantId, Limits limits) {
        if (!limits.lastingPlaces(tenantId)) {
            return null;
        }
        LimitTable.Place place = ClientPlace.of(request);
        return place == null ? null : limits.kept(tenantId, place);
    }
}
