/** Who is there: tenants, users, keys, and what each may do. */
@NullMarked
package io.llmproxy.domain.identity;

import org.jspecify.annotations.NullMarked;
