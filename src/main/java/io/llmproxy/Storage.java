package io.llmproxy;

import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.secret.AesGcmSealer;
import io.llmproxy.adapter.secret.Ed25519AuditSigner;
import io.llmproxy.adapter.secret.LocalSecretSource;
import io.llmproxy.adapter.secret.MasterKey;
import io.llmproxy.adapter.secret.NeededKeys;
import io.llmproxy.admin.AdminStores;
import io.llmproxy.admin.LiveLimits;
import io.llmproxy.port.AuditChainStore;
import java.io.IOException;
import java.util.Map;

/**
 * What outlasts the process, and the keys to it.
 *
 * @param masterKey that what is secret in the database is sealed and what is audited is signed with
 */
record Storage(
        DataDirectory directory,
        BackupPlace backups,
        Database database,
        LocalSecretSource secrets,
        MasterKey masterKey,
        AesGcmSealer sealer,
        Ed25519AuditSigner signer) {

    /**
     * Opens the database.
     *
     * @param join whether another process has it open and lets this one in
     */
    static Storage open(Appliance.Setup setup, DataDirectory directory, boolean join, Parts parts) throws IOException {
        BackupPlace backups = new BackupPlace(setup.config(), directory.path(), setup.clock());
        Database database =
                parts.opened(PartSettings.database(setup.config(), directory.path(), backups.upgrade(), join));
        Map<String, String> environment = setup.environment();
        LocalSecretSource secrets = new LocalSecretSource(
                setup.config().secrets().directories(), MasterKey.file(directory.path()), environment::get);
        MasterKey masterKey = MasterKey.load(
                environment::get, directory.path(), database.sealed().read(NeededKeys::of));
        return new Storage(
                directory,
                backups,
                database,
                secrets,
                masterKey,
                new AesGcmSealer(masterKey),
                new Ed25519AuditSigner(masterKey));
    }

    AdminStores stores(LiveLimits live) {
        return new AdminStores(
                database.transactor(),
                database.tenants(),
                database.users(),
                database.keys(),
                database.providers(),
                database.prices(),
                database.audit(signer),
                database.state(),
                database.limits(),
                database.routes(),
                live);
    }

    AuditChainStore auditChains() {
        return database.auditChains(signer);
    }
}
