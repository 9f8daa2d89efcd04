# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A package that depends on eight local ones, each of forty modules: packed, then installed from the
# archives, as from a registry without its network.

set -e
export HOME="$PWD" npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false \
	npm_config_offline=true npm_config_cache="$PWD/cache"
depends=
for package in 1 2 3 4 5 6 7 8; do
	mkdir -p "pack/package/lib"
	echo "{\"name\": \"part$package\", \"version\": \"1.0.0\", \"main\": \"lib/1.js\"}" \
		>pack/package/package.json
	module=0
	while [ $module -lt 40 ]; do
		module=$((module + 1))
		echo "exports.value = $package * $module;" >"pack/package/lib/$module.js"
	done
	tar -C pack -czf "part$package.tgz" package
	rm -r pack
	depends="$depends${depends:+, }\"part$package\": \"file:part$package.tgz\""
done
echo "{\"name\": \"whole\", \"version\": \"1.0.0\", \"dependencies\": {$depends}}" >package.json
node /usr/lib/node_modules/npm/bin/npm-cli.js install --no-package-lock
node -e 'let s = 0; for (let i = 1; i <= 8; i++) s += require("part" + i).value; console.log(s)'
