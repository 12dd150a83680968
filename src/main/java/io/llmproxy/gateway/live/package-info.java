/** What happens this second: requests that ended are told to who writes access lines and to who sums up the last seconds. */
@NullMarked
package io.llmproxy.gateway.live;

import org.jspecify.annotations.NullMarked;
