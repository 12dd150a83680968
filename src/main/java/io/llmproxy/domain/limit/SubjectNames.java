package io.llmproxy.domain.limit;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.Cidr;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * Who is meant by the subjects of one tenant's limits, in one spelling: limits of one subject are one limit, however it is written.
 *
 * <p>That spelling is a user's address and a key's name, not their ids. Neither is ever changed, and no two of a tenant have the same;
 * requests find limits by both alike; an id means nothing on another server; and who is deleted and made anew is under the limit of
 * the name again, but not under that of an id, which would be a way out of what an admin set. Only a key whose name looks like an id
 * is spelled by its id, since requests take such a subject for one.
 *
 * <p>Filled before it is asked; not thread-safe before that.
 */
public final class SubjectNames {
    private final Map<String, String> users = new HashMap<>();
    private final Map<String, String> keys = new HashMap<>();
    private final Map<String, String> names = new HashMap<>();
    private final Map<String, String> prefixes = new HashMap<>();

    public void user(UUID id, String email) {
        users.put(id.toString(), email);
    }

    /** @param prefix of its secret, as it is displayed; where two keys have the same it names neither */
    public void key(UUID id, String name, String prefix) {
        String one = Ids.isUuid(name) ? id.toString() : name;
        keys.put(id.toString(), one);
        names.put(name, one);
        prefixes.merge(prefix, one, (first, second) -> prefix);
    }

    /** Whom a limit that is there holds, as requests find it: by an id or a name, no prefix. Who is not known stays as written. */
    public String held(LimitScope scope, String subject) {
        return switch (scope) {
            case USER -> known(users, subject.toLowerCase(Locale.ROOT));
            case KEY -> Ids.isUuid(subject) ? known(keys, subject.toLowerCase(Locale.ROOT)) : subject;
            case IP -> Cidr.parse("scope", subject).toString();
            case MODEL, ENDPOINT, PROVIDER, TENANT, GLOBAL -> subject;
        };
    }

    /** Whom somebody means who names a subject: of a key its prefix will do, too. Who is not known stays as written. */
    public String said(LimitScope scope, String subject) {
        String held = held(scope, subject);
        // an id comes before a name that looks like it: whoever makes a key may name it so
        if (scope != LimitScope.KEY || keys.containsKey(subject.toLowerCase(Locale.ROOT))) {
            return held;
        }
        String named = names.get(subject);
        return named != null ? named : prefixes.getOrDefault(subject, held);
    }

    private static String known(Map<String, String> ids, String subject) {
        return ids.getOrDefault(subject, subject);
    }
}
