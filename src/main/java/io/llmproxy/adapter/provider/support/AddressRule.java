package io.llmproxy.adapter.provider.support;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** Judges an address that a connection would lead to. */
@FunctionalInterface
interface AddressRule {
    /** Why no connection may be made to it; null where one may. */
    @Nullable
    String refusal(InetAddress address, int port);
}
