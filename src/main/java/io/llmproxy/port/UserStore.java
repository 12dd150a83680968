package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.User;
import java.util.Optional;
import java.util.UUID;

/** Users, durable. Every method blocks and throws {@link StoreException} where the database is away. */
public interface UserStore {
    /** @throws StoreException.Duplicate where the tenant has a user of that address */
    void insert(User user);

    void update(User user);

    void delete(UUID id);

    /** @param emailOrId an e-mail address in any case, or an id */
    Optional<User> find(UUID tenantId, String emailOrId);

    int count(UUID tenantId);

    /** By e-mail address. */
    Page<User> list(UUID tenantId, Page.Request page);
}
