/** The account: one record for each request. */
@NullMarked
package io.llmproxy.domain.usage;

import org.jspecify.annotations.NullMarked;
