/** Tests of identities. */
@NullMarked
package io.llmproxy.domain.usage;

import org.jspecify.annotations.NullMarked;
