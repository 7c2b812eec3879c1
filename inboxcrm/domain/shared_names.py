"""Which domains and local parts are shared by many, so that they say nothing about one person or company?"""

from __future__ import annotations

_DOMAINS = """
gmail.com googlemail.com outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.pt outlook.jp outlook.be
outlook.at outlook.dk outlook.co.uk outlook.com.br outlook.com.au hotmail.com hotmail.de hotmail.fr hotmail.es
hotmail.it hotmail.co.uk hotmail.nl hotmail.be hotmail.ch hotmail.co.jp hotmail.com.br hotmail.se hotmail.no
hotmail.dk hotmail.ca live.com live.de live.fr live.it live.nl live.be live.at live.ca live.cl live.jp live.se live.dk
live.no live.co.uk live.com.pt live.com.au live.com.mx msn.com windowslive.com passport.com yahoo.com yahoo.de
yahoo.fr yahoo.es yahoo.it yahoo.co.uk yahoo.co.jp yahoo.com.br yahoo.com.mx yahoo.com.ar yahoo.ca yahoo.com.au
yahoo.co.in yahoo.in yahoo.ie yahoo.gr yahoo.se yahoo.no yahoo.dk yahoo.nl yahoo.be yahoo.pt yahoo.ro yahoo.pl
yahoo.com.hk yahoo.com.sg yahoo.com.tw yahoo.com.ph yahoo.co.id yahoo.co.th yahoo.com.vn yahoo.com.tr ymail.com
ymail.ne.jp rocketmail.com myyahoo.com aol.com aol.de aol.fr aol.co.uk aol.it aim.com netscape.net icloud.com me.com
mac.com privaterelay.appleid.com proton.me protonmail.com protonmail.ch pm.me passmail.net tutanota.com tutanota.de
tutamail.com tuta.io tuta.com keemail.me fastmail.com fastmail.fm fastmail.net fastmail.org fastmail.co.uk fastmail.de
fastmail.es fastmail.fr fastmail.nl fastmail.jp sent.com messagingengine.com hey.com zoho.com zohomail.com zohomail.eu
zoho.eu mail.com email.com usa.com post.com europe.com consultant.com engineer.com myself.com writeme.com iname.com
inbox.com hushmail.com hush.com hushmail.me runbox.com mailfence.com posteo.de posteo.net posteo.org posteo.ch
posteo.at mailbox.org disroot.org riseup.net autistici.org startmail.com countermail.com duck.com simplelogin.com
anonaddy.com addy.io mozmail.com startpage.com skiff.com lavabit.com cock.li gmx.com gmx.de gmx.net gmx.at gmx.ch
gmx.eu gmx.info gmx.org gmx.biz gmx.fr gmx.es gmx.it gmx.co.uk gmx.us caramail.com web.de freenet.de t-online.de
magenta.de arcor.de arcor-online.net vodafonemail.de online.de onlinehome.de kabelmail.de unitybox.de alice.de
alice-dsl.net o2mail.de o2online.de versanet.de netcologne.de ewetel.net ewe.net osnanet.de htp-tel.de mnet-online.de
mnet-mail.de email.de mail.de smart-mail.de 1und1.de t-online.at lycos.de lycos.com compuserve.de compuserve.com
nexgo.de epost.de directbox.com firemail.de bluewin.ch hispeed.ch sunrise.ch swissonline.ch green.ch greenmail.ch
vtxmail.ch vtxnet.ch romandie.com quickline.ch citycable.ch netplus.ch tele2.ch freesurf.ch gawnet.ch breitband.ch
besonet.ch solnet.ch ticino.com infomaniak.com ik.me etik.com aon.at a1.net chello.at chello.nl kabsi.at utanet.at
inode.at drei.at liwest.at tele2.at orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr cegetel.net
club-internet.fr numericable.fr noos.fr bbox.fr aliceadsl.fr voila.fr lycos.fr 9online.fr dbmail.com mailo.com
mailo.eu netcourrier.com tiscali.fr libero.it virgilio.it inwind.it iol.it blu.it giallo.it tiscali.it tin.it alice.it
tim.it telecomitalia.it fastwebnet.it vodafone.it email.it poste.it katamail.com supereva.it teletu.it interfree.it
pec.it legalmail.it aruba.it arubapec.it postecert.it telefonica.net movistar.es ono.com terra.es ya.com orange.es
vodafone.es jazzfree.com wanadoo.es eresmas.com euskaltel.net mundo-r.com correo.com sapo.pt iol.pt clix.pt netcabo.pt
mail.telepac.pt telepac.pt nos.pt meo.pt vodafone.pt portugalmail.pt uol.com.br bol.com.br terra.com.br ig.com.br
globo.com globomail.com oi.com.br r7.com zipmail.com.br superig.com.br terra.com terra.com.mx prodigy.net.mx
fibertel.com.ar speedy.com.ar ciudad.com.ar arnet.com.ar vtr.net une.net.co ziggo.nl kpnmail.nl kpnplanet.nl planet.nl
hetnet.nl home.nl xs4all.nl upcmail.nl casema.nl quicknet.nl telfort.nl tele2.nl zonnet.nl wxs.nl zeelandnet.nl
caiway.nl online.nl solcon.nl versatel.nl freedom.nl ziggomail.nl kpn.nl telenet.be skynet.be proximus.be scarlet.be
voo.be belgacom.net pandora.be base.be mobistar.be btinternet.com btopenworld.com talk21.com sky.com virginmedia.com
virgin.net ntlworld.com blueyonder.co.uk tiscali.co.uk talktalk.net talktalk.co.uk plusnet.com plus.net plus.com
orange.net o2.co.uk freeserve.co.uk eircom.net iol.ie indigo.ie vodafone.ie comcast.net verizon.net att.net
sbcglobal.net bellsouth.net pacbell.net ameritech.net swbell.net cox.net charter.net spectrum.net earthlink.net
mindspring.com juno.com netzero.net netzero.com optonline.net optimum.net windstream.net frontier.com frontiernet.net
centurylink.net centurytel.net embarqmail.com q.com roadrunner.com rr.com twc.com suddenlink.net excite.com rogers.com
shaw.ca bell.net sympatico.ca telus.net videotron.ca cogeco.ca sasktel.net mts.net bigpond.com bigpond.net.au
optusnet.com.au iinet.net.au tpg.com.au internode.on.net westnet.com.au dodo.com.au xtra.co.nz slingshot.co.nz
vodafone.co.nz telia.com comhem.se bredband.net spray.se tele2.se home.se glocalnet.net swipnet.se online.no
broadpark.no getmail.no lyse.net frisurf.no mail.dk stofanet.dk tdcadsl.dk jubii.dk sol.dk youmail.dk email.dk
elisanet.fi kolumbus.fi luukku.com suomi24.fi saunalahti.fi pp.inet.fi simnet.is wp.pl o2.pl onet.pl onet.eu op.pl
poczta.onet.pl interia.pl interia.eu poczta.fm gazeta.pl tlen.pl go2.pl vp.pl autograf.pl seznam.cz email.cz post.cz
centrum.cz volny.cz atlas.cz azet.sk centrum.sk zoznam.sk post.sk freemail.hu citromail.hu t-online.hu upcmail.hu
indamail.hu abv.bg mail.bg dir.bg inbox.lv inbox.lt mail.ee hot.ee online.ee siol.net net.hr otenet.gr hol.gr
forthnet.gr freemail.gr in.gr mail.ru bk.ru list.ru inbox.ru internet.ru yandex.ru yandex.com ya.ru rambler.ru
lenta.ru ukr.net i.ua meta.ua bigmir.net walla.com walla.co.il 012.net.il netvision.net.il bezeqint.net mynet.com
docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp vodafone.ne.jp ybb.ne.jp nifty.com nifty.ne.jp
biglobe.ne.jp ocn.ne.jp so-net.ne.jp plala.or.jp dion.ne.jp asahi-net.or.jp infoseek.jp goo.jp mail.goo.ne.jp
excite.co.jp rakuten.jp ymobile.ne.jp uqmobile.jp qq.com vip.qq.com foxmail.com 163.com vip.163.com 126.com yeah.net
sina.com sina.cn sohu.com 139.com 189.cn 21cn.com tom.com aliyun.com naver.com hanmail.net daum.net nate.com kakao.com
hinet.net pchome.com.tw seed.net.tw netvigator.com singnet.com.sg rediffmail.com sify.com vsnl.net indiatimes.com
in.com
"""

_ROLE_NAMES = """
info information contact contacts contactus office mail email hello hallo hi bonjour ciao hola team all everyone staff
support help helpdesk servicedesk service services customerservice customercare kundenservice kundendienst sav suporte
soporte assistenza atendimento klantenservice sales vertrieb verkauf ventes vendas ventas vendite commerciale
comercial verkoop angebot anfrage anfragen offerte enquiries enquiry inquiry inquiries orders order bestellung
bestellungen commande commandes pedidos ordini billing invoice invoices invoicing accounts account accounting
accountspayable accountsreceivable ap ar payables receivables finance finances buchhaltung rechnung rechnungen
rechnungswesen kreditoren debitoren comptabilite facturation compta administracion facturacion contabilidad
contabilidade faturacao financeiro amministrazione contabilita fatturazione fatture boekhouding facturen administratie
administration verwaltung admin administrator postmaster hostmaster webmaster abuse security privacy dpo datenschutz
legal recht compliance press presse media pr marketing communications hr humanresources people personal
personalabteilung jobs job career careers karriere bewerbung recruiting recrutement recruitment empleo lavoro
vacatures it edv itsupport sekretariat secretariat secretary segreteria secretaria secretariaat reception empfang
zentrale rezeption receptie purchasing procurement einkauf achats compras acquisti inkoop logistics logistik
logistique logistica shipping versand dispatch export import quality qualitaet qs events event booking bookings
reservation reservations reservierung reservas prenotazioni newsletter feedback management direction direktion
geschaeftsleitung gf gl kanzlei praxis board vorstand noc ops operations partner partners projects projekte projekt
training schulung shop store webshop noreply donotreply soumu eigyo keiri jinji
"""

PUBLIC_MAIL_DOMAINS = frozenset(_DOMAINS.split())
"""Free and access providers' domains in lower case; a stranger there has no organisation by his address."""

ROLES = frozenset(_ROLE_NAMES.split())
"""Local parts that name a duty, in lower case and without separators."""
