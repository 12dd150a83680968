package io.llmproxy.runtime;

import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which certificates of clients stand for which keys. A name that several live keys claim stands for none of them: administration
 * refuses the second, but two processes may take one each at the same moment.
 */
final class CertificateTable {
    private static final Logger LOG = System.getLogger(CertificateTable.class.getName());

    private final Map<CertificateName, KeyEntry> table = new HashMap<>();
    private final Set<CertificateName> contested = new HashSet<>();

    private CertificateTable() {}

    static Map<CertificateName, KeyEntry> of(Collection<KeyEntry> entries) {
        CertificateTable made = new CertificateTable();
        for (KeyEntry entry : entries) {
            if (entry.until() == null
                    && entry.principal().key().scope().certificates().alone()) {
                made.add(entry);
            }
        }
        made.contested.forEach(made.table::remove);
        return made.table;
    }

    private void add(KeyEntry entry) {
        for (CertificateName name :
                entry.principal().key().scope().certificates().names()) {
            KeyEntry other = table.get(name);
            ApiKey key = entry.principal().key();
            // a revoked key stays only to be refused as one, where nobody has come in its place
            if (other == null || other.principal().key().revoked()) {
                table.put(name, entry);
            } else if (!key.revoked() && contested.add(name)) {
                LOG.log(
                        Level.WARNING,
                        "event 6845: the client certificate " + name + " is claimed by the keys `"
                                + other.principal().key().name() + "` of tenant "
                                + other.principal().tenant().slug() + " and `" + key.name() + "` of tenant "
                                + entry.principal().tenant().slug() + ", and opens neither until one is revoked");
            }
        }
    }
}
