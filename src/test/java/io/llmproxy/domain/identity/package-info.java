/** Tests of identities. */
@NullMarked
package io.llmproxy.domain.identity;

import org.jspecify.annotations.NullMarked;
