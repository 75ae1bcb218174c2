// SPDX-License-Identifier: Apache-2.0
/**
 * The public face of the toolstack: {@link org.xenjava.toolstack.Toolstack} is a Xen host, {@link
 * org.xenjava.toolstack.Domain} a handle on one of its domains. Orchestration code needs these two, a {@code
 * DomainConfig} and the exceptions of {@code error}; all else is behind them.
 */
@NullMarked
package org.xenjava.toolstack;

import org.jspecify.annotations.NullMarked;
