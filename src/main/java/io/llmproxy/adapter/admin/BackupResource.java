package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.BackupAdmin;
import java.util.List;

/** {@code /api/v1/backup}: the state as one file, written as it is read. */
final class BackupResource {
    private final BackupAdmin backups;

    BackupResource(BackupAdmin backups) {
        this.backups = backups;
    }

    List<AdminRoute> routes() {
        return List.of(route("POST", "/api/v1/backup", this::create).streamed());
    }

    private Answer create(AdminRequest r) {
        Body body = r.body().only("passphrase", "recipient", "masterKey", "ledger");
        BackupAdmin.Wish wish = new BackupAdmin.Wish(
                body.value("passphrase", Body::text),
                body.value("recipient", Body::text),
                body.value("masterKey", Body::bool, false),
                body.value("ledger", Body::bool, true));
        return Answer.streamed(backups.create(r.actor(), wish)::write);
    }
}
