package io.llmproxy.gateway.limit;

import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.runtime.LimitTable;
import org.jspecify.annotations.Nullable;

/** Where a request comes from, for limits of addresses. */
final class ClientPlace {
    private ClientPlace() {}

    /**
     * The client's address; null where it is this machine's own, which is exempt. What somebody forwarded is not: a proxy on this
     * machine speaks for others, whatever it says of them.
     */
    static LimitTable.@Nullable Place of(ClientRequest request) {
        byte[] address = request.clientAddress();
        return loopback(address) && !request.forwarded() ? null : new LimitTable.Place(address);
    }

    private static boolean loopback(byte[] address) {
        if (address.length == 4) {
            return address[0] == 127;
        }
        for (int i = 0; i < 15; i++) {
            if (address[i] != 0) {
                return false;
            }
        }
        return address[15] == 1;
    }
}
